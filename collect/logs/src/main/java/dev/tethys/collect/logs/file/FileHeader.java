package dev.tethys.collect.logs.file;

import com.google.re2j.Pattern;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.Arrays;

/**
 * Header lines at the start of a file. They are read again whenever the file is opened, so that
 * nothing of them has to be stored.
 *
 * @param text the lines, trimmed and joined by line feeds
 * @param end their end in the file
 * @param rest following bytes of a line that is not yet known to be a header
 * @param complete whether the header is followed by another line or the end of the file
 */
record FileHeader(String text, int end, int rest, boolean complete) {
  /**
   * Looks for it.
   *
   * @param lines pattern found in each header line
   * @param last whether no more data will follow
   */
  static FileHeader of(FileContent c, Charset charset, Pattern lines, boolean last)
      throws IOException {
    byte[] b = new byte[4096];
    int filled = c.readFully(0, b);
    LineDecoder l = LineDecoder.of(charset, b, filled);
    StringBuilder text = new StringBuilder();
    int from = 0;
    while (true) {
      int e = l.end(b, from, filled);
      boolean all = filled < b.length;
      if (e < 0 && !all && b.length < FileRules.MAX_HEADER) {
        b = Arrays.copyOf(b, Math.min(4 * b.length, FileRules.MAX_HEADER));
        filled = c.readFully(0, b);
        continue;
      }
      if (e < 0 && (!all || !last || from == filled)) {
        return new FileHeader(text.toString(), from, filled - from, !all || last);
      }
      int to = e < 0 ? filled : l.textTo(b, from, e);
      String line = l.text(b, from, to, from == 0).strip();
      if (!lines.matcher(line).find()) {
        return new FileHeader(text.toString(), from, 0, true);
      }
      text.append(text.isEmpty() ? "" : "\n").append(line);
      from = e < 0 ? filled : e;
    }
  }
}
