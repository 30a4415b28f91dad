package dev.tethys.store.logs.block;

import dev.tethys.model.BoundedMap;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.BitSet;
import java.util.Map;

/**
 * Words of a part by id, read only. Safe for several threads.
 *
 * <pre>
 * lengths: uvarint words, then for each: uvarint length
 * text:    the words one after the other
 * </pre>
 */
public final class WordList implements ColumnReader.WordSource {
  /** Creates an empty list. */
  public static final WordList EMPTY = new WordList(new byte[0], new int[0]);

  private static final int CACHED = 16;

  private final byte[] text;
  private final int[] ends;
  private final Map<Piece, BitSet> found = BoundedMap.byUse(CACHED);

  private WordList(byte[] text, int[] ends) {
    this.text = text;
    this.ends = ends;
  }

  /** Writes the words of a part. */
  public static void write(Words words, ByteSink lengths, ByteSink text) {
    lengths.uvarint(words.listed());
    for (int i = 0; i < words.listed(); i++) {
      lengths.uvarint(words.listedLength(i));
      words.appendListed(i, text);
    }
  }

  /** Reads the words of a part. */
  public static WordList read(ByteSource lengths, ByteSource text) {
    if (lengths.remaining() == 0) {
      return EMPTY;
    }
    int n = lengths.count();
    int[] ends = new int[n];
    long at = 0;
    for (int i = 0; i < n; i++) {
      at += lengths.uvarint();
      if (at < 0 || at > text.remaining()) {
        throw new CorruptionException("words are longer than their text");
      }
      ends[i] = (int) at;
    }
    if (at != text.remaining() || text.pos != 0) {
      throw new CorruptionException("words have a wrong length");
    }
    return new WordList(text.buf, ends);
  }

  private int start(int id) {
    return id == 0 ? 0 : ends[id - 1];
  }

  private void requireId(int id) {
    if (id >= ends.length) {
      throw new CorruptionException("column refers to word " + id + " of " + ends.length);
    }
  }

  /** Ids of the words that contain a piece; shared, not to be changed. */
  @Override
  public BitSet containing(Piece piece) {
    synchronized (found) {
      return found.computeIfAbsent(piece, this::search);
    }
  }

  private BitSet search(Piece piece) {
    BitSet out = new BitSet();
    int all = ends.length == 0 ? 0 : ends[ends.length - 1];
    int id = 0;
    for (int p = piece.find(text, 0, all); p >= 0; ) {
      while (ends[id] <= p) {
        id++;
      }
      if (p + piece.text().length <= ends[id]) {
        out.set(id);
        p = piece.find(text, ends[id], all);
      } else {
        p = piece.find(text, p + 1, all);
      }
    }
    return out;
  }

  @Override
  public void append(int id, ByteSink out) {
    requireId(id);
    int start = start(id);
    if (start + ByteSink.SLACK <= text.length) {
      out.putFew(text, start, ends[id] - start);
    } else {
      out.put(text, start, ends[id] - start);
    }
  }
}
