package dev.tethys.collect.logs.file;

import com.google.re2j.Pattern;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.Arrays;

/**
 * The first lines of a file that tell of it. They are looked for at the beginning of the file
 * whenever it is taken up, so that nothing of them has to be remembered.
 *
 * @param text the lines, each without the space around it, with line feeds between them
 * @param end where they end in the file
 * @param rest bytes behind them of a line of which it cannot be said yet whether it is one
 * @param complete whether a line that is none comes next, or nothing more
 */
record FileHeader(String text, int end, int rest, boolean complete) {
  /**
   * Looks for it.
   *
   * @param lines what each of its lines matches somewhere
   * @param last whether nothing more will come
   */
  static FileHeader of(Content c, Charset charset, Pattern lines, boolean last) throws IOException {
    byte[] b = new byte[4096];
    int filled = c.readFully(0, b);
    Lines l = Lines.of(charset, b, filled);
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
