package dev.tethys.store.traces.block;

import dev.tethys.model.traces.Texts;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Strings by code, read only. Thread-safe. */
public final class TextTable {
  /** Bytes of all strings, one after another. */
  final byte[] bytes;

  /** Start of each string and the end of the last. */
  final int[] starts;

  private final @Nullable String[] strings;

  TextTable(byte[] bytes, int[] starts) {
    this.bytes = bytes;
    this.starts = starts;
    strings = new String[starts.length - 1];
  }

  static TextTable of(Texts texts) {
    int[] starts = new int[texts.count() + 1];
    for (int i = 0; i < texts.count(); i++) {
      starts[i + 1] = texts.end(i);
    }
    return new TextTable(texts.bytes(), starts);
  }

  int count() {
    return starts.length - 1;
  }

  int length(int code) {
    return starts[code + 1] - starts[code];
  }

  String get(int code) {
    String s = strings[code];
    if (s == null) {
      s = new String(bytes, starts[code], length(code), StandardCharsets.UTF_8);
      strings[code] = s;
    }
    return s;
  }
}
