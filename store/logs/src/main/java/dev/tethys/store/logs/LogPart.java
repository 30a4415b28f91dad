package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.store.events.PartFile;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.DamageException;
import dev.tethys.store.logs.block.LogBlock;
import dev.tethys.store.logs.block.WordList;
import org.jspecify.annotations.Nullable;

/** Open part of logs; its stream index and words are read at their first use. Safe for threads. */
final class LogPart {
  private final PartFile file;
  private final StreamRegistry registry;
  private @Nullable Streams streams;
  private @Nullable WordList words;

  LogPart(PartFile file, StreamRegistry registry) {
    this.file = file;
    this.registry = registry;
  }

  PartFile file() {
    return file;
  }

  /**
   * Stream index of a part.
   *
   * @param numbers stream numbers of the registry by number in the part
   * @param blocks first total of each block
   * @param stream number in the part of each total
   */
  @SuppressWarnings("ArrayRecordComponent") // shared, read only
  record Streams(
      int[] numbers,
      int[] blocks,
      int[] stream,
      long[] rows,
      long[] bytes,
      long[] firsts,
      long[] lasts) {}

  synchronized Streams streams() {
    Streams s = streams;
    if (s == null) {
      s = readStreams();
      streams = s;
    }
    return s;
  }

  private Streams readStreams() {
    ByteSource in = file.section(LogSections.STREAMS);
    int[] numbers = new int[in.count()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = registry.intern(Labels.ofCanonicalBytes(in.sized()));
    }
    ByteSource t = file.section(LogSections.TOTALS);
    int[] blocks = new int[file.blocks() + 1];
    int from = t.pos;
    int n = 0;
    for (int b = 0; b < file.blocks(); b++) {
      int streamsOfBlock = t.count();
      t.skipNumbers(streamsOfBlock * 5);
      n += streamsOfBlock;
      blocks[b + 1] = n;
    }
    t.pos = from;
    Streams s =
        new Streams(
            numbers, blocks, new int[n], new long[n], new long[n], new long[n], new long[n]);
    for (int b = 0; b < file.blocks(); b++) {
      t.count();
      long stream = 0;
      for (int i = blocks[b]; i < blocks[b + 1]; i++) {
        stream += t.uvarint();
        if (stream < 0 || stream >= numbers.length) {
          throw new DamageException(file.path() + ": totals refer to a stream that is not listed");
        }
        s.stream[i] = (int) stream;
        s.rows[i] = t.uvarint();
        s.bytes[i] = t.uvarint();
        s.firsts[i] = file.first(b) + t.uvarint();
        s.lasts[i] = s.firsts[i] + t.uvarint();
      }
    }
    return s;
  }

  synchronized WordList words() {
    WordList w = words;
    if (w == null) {
      w =
          WordList.read(
              file.section(LogSections.WORD_LENGTHS), file.section(LogSections.WORD_TEXT));
      words = w;
    }
    return w;
  }

  /** Opens a block for one thread. */
  LogBlock block(int block) {
    try {
      return LogBlock.open(file.block(block), words());
    } catch (DamageException e) {
      throw file.damaged(block, e);
    }
  }
}
