package dev.tethys.codec.template.html;

import java.util.Locale;
import java.util.Set;

/** Classifies types of a {@code script} element as code or as HTML, such as templates. */
final class ScriptTypes {
  private static final Set<String> CODE =
      Set.of(
          "application/ecmascript",
          "application/javascript",
          "application/json",
          "application/ld+json",
          "application/x-ecmascript",
          "application/x-javascript",
          "module",
          "text/ecmascript",
          "text/javascript",
          "text/javascript1.0",
          "text/javascript1.1",
          "text/javascript1.2",
          "text/javascript1.3",
          "text/javascript1.4",
          "text/javascript1.5",
          "text/jscript",
          "text/livescript",
          "text/x-ecmascript",
          "text/x-javascript");

  private ScriptTypes() {}

  static boolean isScript(String type) {
    return CODE.contains(type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT));
  }
}
