package dev.tethys.store.logs.block;

import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.DamageException;

/**
 * Words of a part by id, read only. Safe for several threads.
 *
 * <pre>
 * lengths: uvarint words, then for each: uvarint length
 * text:    the words one after the other
 * </pre>
 */
public final class WordList implements ColumnReader.WordSource {
  /** No words. */
  public static final WordList EMPTY = new WordList(new byte[0], new int[0]);

  private final byte[] text;
  private final int[] ends;

  private WordList(byte[] text, int[] ends) {
    this.text = text;
    this.ends = ends;
  }

  /** Writes the words of a part. */
  public static void write(Words words, ByteSink lengths, ByteSink text) {
    lengths.uvarint(words.count());
    for (int i = 0; i < words.count(); i++) {
      lengths.uvarint(words.ends[i] - words.start(i));
    }
    text.put(words.bytes.buf, 0, words.bytes.size);
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
        throw new DamageException("words are longer than their text");
      }
      ends[i] = (int) at;
    }
    if (at != text.remaining() || text.pos != 0) {
      throw new DamageException("words have a wrong length");
    }
    return new WordList(text.buf, ends);
  }

  /** Number of words. */
  public int count() {
    return ends.length;
  }

  /** Bytes that hold all words. */
  byte[] text() {
    return text;
  }

  /** First byte of a word. */
  int start(int id) {
    return id == 0 ? 0 : ends[id - 1];
  }

  /** End of a word. */
  int end(int id) {
    return ends[id];
  }

  @Override
  public void append(int id, ByteSink out) {
    if (id >= ends.length) {
      throw new DamageException("column refers to word " + id + " of " + ends.length);
    }
    int start = start(id);
    out.put(text, start, ends[id] - start);
  }
}
