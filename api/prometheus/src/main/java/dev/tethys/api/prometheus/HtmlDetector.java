package dev.tethys.api.prometheus;

import java.util.List;
import java.util.Locale;

/**
 * Detects HTML in text without a content type by its first bytes, as in the WHATWG's MIME sniffing
 * standard.
 */
final class HtmlDetector {
  private static final List<String> HTML =
      List.of(
          "<!DOCTYPE HTML",
          "<HTML",
          "<HEAD",
          "<SCRIPT",
          "<IFRAME",
          "<H1",
          "<DIV",
          "<FONT",
          "<TABLE",
          "<A",
          "<STYLE",
          "<TITLE",
          "<B",
          "<BODY",
          "<BR",
          "<P",
          "<!--");

  private static final int SNIFFED_BYTES = 512;

  private HtmlDetector() {}

  static String contentType(String text) {
    String begin = text.substring(0, Math.min(text.length(), SNIFFED_BYTES));
    int i = 0;
    while (i < begin.length() && "\t\n\f\r ".indexOf(begin.charAt(i)) >= 0) {
      i++;
    }
    String upper = begin.substring(i).toUpperCase(Locale.ROOT);
    for (String tag : HTML) {
      if (upper.startsWith(tag)
          && upper.length() > tag.length()
          && " >".indexOf(upper.charAt(tag.length())) >= 0) {
        return "text/html; charset=utf-8";
      }
    }
    return "text/plain; charset=utf-8";
  }
}
