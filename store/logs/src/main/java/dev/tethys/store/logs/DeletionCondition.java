package dev.tethys.store.logs;

import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StorageException.Reason;
import dev.tethys.store.events.MatcherBytes;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.ArrayList;
import java.util.List;

/**
 * Streams and rows that a deletion selects.
 *
 * <pre>
 * 1 byte version 1, matchers of streams, matchers of metadata,
 * uvarint conditions on the body, then for each: 1 byte kind (0 contains, 1 matches), 1 byte negated,
 *   contains: uvarint texts, then for each: uvarint length, bytes; matches: expression
 * matchers: see MatcherBytes
 * </pre>
 */
record DeletionCondition(List<Matcher> matchers, LogFilter filter) {
  private static final int VERSION = 1;

  byte[] encode() {
    ByteSink out = new ByteSink(256);
    out.putByte(VERSION);
    MatcherBytes.encode(matchers, out);
    MatcherBytes.encode(filter.metadata(), out);
    out.uvarint(filter.lines().size());
    for (LogFilter.Line line : filter.lines()) {
      switch (line) {
        case LogFilter.Contains c -> {
          out.putByte(0);
          out.putByte(c.negated() ? 1 : 0);
          out.uvarint(c.texts().size());
          c.texts().forEach(out::putSized);
        }
        case LogFilter.Matches m -> {
          out.putByte(1);
          out.putByte(m.negated() ? 1 : 0);
          out.putString(m.expression().expression());
        }
        case LogFilter.Test t ->
            throw new StorageException(
                Reason.INVALID,
                "deletion has a line condition that cannot be stored; use |=, !=, |~ or !~");
      }
    }
    return out.toArray();
  }

  static DeletionCondition decode(byte[] bytes) {
    ByteSource in = new ByteSource(bytes);
    int version = in.getByte();
    if (version != VERSION) {
      throw new CorruptionException("condition of a deletion has version " + version);
    }
    List<Matcher> matchers = MatcherBytes.decode(in);
    List<Matcher> metadata = MatcherBytes.decode(in);
    List<LogFilter.Line> lines = new ArrayList<>();
    for (int n = in.count(); n > 0; n--) {
      int kind = in.getByte();
      boolean negated = in.getByte() != 0;
      if (kind == 0) {
        List<byte[]> texts = new ArrayList<>();
        for (int t = in.count(); t > 0; t--) {
          texts.add(in.sized());
        }
        lines.add(new LogFilter.Contains(texts, negated));
      } else {
        lines.add(new LogFilter.Matches(Regex.compile(in.string()), negated));
      }
    }
    return new DeletionCondition(matchers, new LogFilter(lines, metadata));
  }
}
