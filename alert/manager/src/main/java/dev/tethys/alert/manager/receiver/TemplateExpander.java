package dev.tethys.alert.manager.receiver;

import dev.tethys.alert.manager.template.Templates;
import dev.tethys.config.Key;
import dev.tethys.config.YamlObject;
import java.nio.charset.StandardCharsets;

/**
 * Expands the templates of one entry for one notification. A template that fails ends the
 * notification with a {@link dev.tethys.codec.template.TemplateException}.
 */
public record TemplateExpander(
    Templates templates, YamlObject settings, Notification notification) {
  /** Expands the value of a key. */
  public String of(Key<String> key) {
    return of(settings.get(key));
  }

  /** Expands a template. */
  public String of(String template) {
    return templates.text(template, notification.data());
  }

  /** Expands a template to HTML. */
  public String html(String template) {
    return templates.html(template, notification.data());
  }

  /** Truncates to {@code most} code points; an ellipsis replaces the rest. */
  public static String runes(String s, int most) {
    if (s.codePointCount(0, s.length()) <= most) {
      return s;
    }
    return most <= 3
        ? s.substring(0, s.offsetByCodePoints(0, most))
        : s.substring(0, s.offsetByCodePoints(0, most - 1)) + "…";
  }

  /** Truncates to {@code most} bytes of UTF-8; an ellipsis replaces the rest. */
  public static String bytes(String s, int most) {
    if (s.getBytes(StandardCharsets.UTF_8).length <= most) {
      return s;
    }
    return whole(s, most - 3) + "…";
  }

  /** Truncates to as many code points as fit into {@code bytes} bytes. */
  public static String whole(String s, int bytes) {
    int end = 0;
    int used = 0;
    while (end < s.length()) {
      int c = s.codePointAt(end);
      used += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
      if (used > bytes) {
        break;
      }
      end += Character.charCount(c);
    }
    return s.substring(0, end);
  }
}
