package dev.tethys.codec.template.html;

import dev.tethys.codec.template.GoJsonText;
import dev.tethys.codec.template.GoStrings;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.TemplateOutput;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes an HTML document from trusted template text and untrusted values. Each value is escaped
 * for its context as in Go's html/template: text, attributes, URLs, scripts, styles. Facts: the
 * documentation of html/template, "Contexts".
 *
 * <p>Where html/template derives the context of an action from the template before it runs, this
 * class follows the document during output, so that a template whose branches end in different
 * contexts is not rejected. HTML comments of the template are omitted, as there.
 */
public final class HtmlOutput implements TemplateOutput {
  private enum HtmlState {
    TEXT,
    TAG,
    ATTRIBUTE_NAME,
    AFTER_NAME,
    BEFORE_VALUE,
    VALUE,
    COMMENT,
    /** The text of a title or textarea. */
    RAW_TEXT,
    SCRIPT,
    STYLE
  }

  private enum Kind {
    PLAIN,
    URL,
    IMAGES,
    TYPE_OF_SCRIPT,
    SCRIPT,
    STYLE
  }

  private static final Set<String> URL_ATTRIBUTES =
      Set.of(
          "action",
          "archive",
          "background",
          "cite",
          "classid",
          "codebase",
          "data",
          "formaction",
          "href",
          "icon",
          "longdesc",
          "manifest",
          "poster",
          "profile",
          "src",
          "usemap",
          "xmlns");

  private HtmlState place = HtmlState.TEXT;
  private String element = "";
  private final StringBuilder attribute = new StringBuilder();
  private Kind kind = Kind.PLAIN;

  /** Quote that terminates the attribute value; 0 for a space or the end of the tag. */
  private char quote;

  private UrlText url = new UrlText();
  private CodeText code = new StyleText(false);
  private final StringBuilder typeOfScript = new StringBuilder();
  private final Function<@Nullable Object, String> json;

  /** Creates output positioned at the start of a document. */
  public HtmlOutput() {
    this(GoJsonText::of);
  }

  /**
   * The same.
   *
   * @param json how values are written in scripts
   */
  public HtmlOutput(Function<@Nullable Object, String> json) {
    this.json = json;
  }

  @Override
  public String text(String literal) {
    StringBuilder out = new StringBuilder(literal.length());
    int i = 0;
    while (i < literal.length()) {
      i = step(literal, i, out);
    }
    return out.toString();
  }

  /** Processes some characters of the template's text, and returns the index of the next ones. */
  private int step(String s, int i, StringBuilder out) {
    char c = s.charAt(i);
    switch (place) {
      case TEXT -> {
        return inText(s, i, out);
      }
      case COMMENT -> {
        int end = s.indexOf("-->", i);
        place = end < 0 ? HtmlState.COMMENT : HtmlState.TEXT;
        return end < 0 ? s.length() : end + 3;
      }
      case RAW_TEXT, SCRIPT, STYLE -> {
        return inElement(s, i, out);
      }
      case TAG -> inTag(c);
      case ATTRIBUTE_NAME -> {
        if (c == '=' || c == '>' || c == '/' || isSpace(c)) {
          place = HtmlState.AFTER_NAME;
          return i;
        }
        attribute.append(c);
      }
      case AFTER_NAME -> {
        if (c == '=') {
          begin();
        } else if (!isSpace(c)) {
          place = HtmlState.TAG;
          return i;
        }
      }
      case BEFORE_VALUE -> {
        if (c == '"' || c == '\'') {
          quote = c;
          place = HtmlState.VALUE;
        } else if (!isSpace(c)) {
          quote = 0;
          place = HtmlState.VALUE;
          return i;
        }
      }
      case VALUE -> {
        return inValue(s, i, out);
      }
    }
    out.append(c);
    return i + 1;
  }

  /** Consumes the text of an element without child elements. */
  private int inElement(String s, int i, StringBuilder out) {
    int end = i;
    while (end < s.length() && !(s.startsWith("</", end) && closes(s, end + 2))) {
      end++;
    }
    String piece = s.substring(i, end);
    out.append(place == HtmlState.RAW_TEXT ? piece.replace("<", "&lt;") : code.take(piece));
    if (end == s.length()) {
      return end;
    }
    int name = end + 2 + element.length();
    out.append(s, end, name);
    element = "";
    place = HtmlState.TAG;
    return name;
  }

  /** Processes the template's part of an attribute value. */
  private int inValue(String s, int i, StringBuilder out) {
    int end = i;
    while (end < s.length()
        && !(quote == 0
            ? isSpace(s.charAt(end)) || s.charAt(end) == '>'
            : s.charAt(end) == quote)) {
      end++;
    }
    String piece = s.substring(i, end);
    if (quote == 0 && piece.chars().anyMatch(c -> "\"'<=`".indexOf(c) >= 0)) {
      // Readers of HTML differ on where such a value ends.
      throw new TemplateException(
          "html/template: a quote, <, = or ` in the unquoted attribute "
              + attribute
              + ": "
              + piece);
    }
    switch (kind) {
      case URL, IMAGES -> url.take(HtmlText.plain(piece));
      case SCRIPT, STYLE -> code.take(HtmlText.plain(piece));
      case TYPE_OF_SCRIPT -> typeOfScript.append(piece);
      case PLAIN -> {}
    }
    out.append(piece);
    if (end == s.length()) {
      return end;
    }
    place = HtmlState.TAG;
    if (kind == Kind.TYPE_OF_SCRIPT
        && !typeOfScript.isEmpty()
        && !ScriptTypes.isScript(typeOfScript.toString())) {
      element = "";
    }
    if (quote == 0) {
      return end;
    }
    out.append(quote);
    return end + 1;
  }

  private int inText(String s, int i, StringBuilder out) {
    char c = s.charAt(i);
    if (c != '<') {
      out.append(c);
      return i + 1;
    }
    if (s.startsWith("<!--", i)) {
      place = HtmlState.COMMENT;
      return i + 4;
    }
    int name = s.startsWith("/", i + 1) ? i + 2 : i + 1;
    int end = name;
    while (end < s.length() && isNamePart(s.charAt(end), end == name)) {
      end++;
    }
    if (end == name) {
      boolean doctype = s.regionMatches(true, i, "<!doctype", 0, 9);
      out.append(doctype ? "<" : "&lt;");
      return i + 1;
    }
    String lower = s.substring(name, end).toLowerCase(Locale.ROOT);
    element = name == i + 1 ? lower : "";
    place = HtmlState.TAG;
    out.append(s, i, end);
    return end;
  }

  private static boolean isNamePart(char c, boolean first) {
    boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    return letter || !first && (c >= '0' && c <= '9' || c == ':' || c == '-');
  }

  private boolean closes(String s, int at) {
    int end = at + element.length();
    return s.regionMatches(true, at, element, 0, element.length())
        && (end >= s.length() || isSpace(s.charAt(end)) || "/>".indexOf(s.charAt(end)) >= 0);
  }

  private void inTag(char c) {
    if (c == '>') {
      switch (element) {
        case "script" -> {
          place = HtmlState.SCRIPT;
          code = new ScriptText(json, false);
        }
        case "style" -> {
          place = HtmlState.STYLE;
          code = new StyleText(false);
        }
        case "title", "textarea" -> place = HtmlState.RAW_TEXT;
        default -> {
          place = HtmlState.TEXT;
          element = "";
        }
      }
    } else if (!isSpace(c) && c != '/') {
      attribute.setLength(0);
      attribute.append(c);
      place = HtmlState.ATTRIBUTE_NAME;
    }
  }

  /** Enters the value of an attribute. */
  private void begin() {
    place = HtmlState.BEFORE_VALUE;
    String name = attribute.toString().toLowerCase(Locale.ROOT);
    kind = element.equals("script") && name.equals("type") ? Kind.TYPE_OF_SCRIPT : kindOf(name);
    url = new UrlText();
    code = kind == Kind.STYLE ? new StyleText(true) : new ScriptText(json, true);
    typeOfScript.setLength(0);
  }

  private static Kind kindOf(String attribute) {
    String name = attribute;
    if (name.startsWith("data-")) {
      name = name.substring(5);
    } else {
      int colon = name.indexOf(':');
      if (colon >= 0) {
        if (name.startsWith("xmlns:")) {
          return Kind.URL;
        }
        name = name.substring(colon + 1);
      }
    }
    if (URL_ATTRIBUTES.contains(name)) {
      return Kind.URL;
    }
    if (name.equals("srcset")) {
      return Kind.IMAGES;
    }
    if (name.startsWith("on")) {
      return Kind.SCRIPT;
    }
    if (name.equals("style")) {
      return Kind.STYLE;
    }
    return name.contains("src") || name.contains("uri") || name.contains("url")
        ? Kind.URL
        : Kind.PLAIN;
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
  }

  @Override
  public String value(@Nullable Object value) {
    String s = value == null ? "" : GoStrings.print(value);
    boolean html = value instanceof SafeText t && t.kind() == SafeText.Kind.HTML;
    if (place == HtmlState.BEFORE_VALUE) {
      quote = 0;
      place = HtmlState.VALUE;
    }
    return switch (place) {
      case TEXT -> html ? s : HtmlText.escaped(s);
      case RAW_TEXT -> html ? HtmlText.normalized(s) : HtmlText.escaped(s);
      case COMMENT -> "";
      case TAG, ATTRIBUTE_NAME, AFTER_NAME -> attributeName(s);
      case SCRIPT, STYLE -> code.value(value, s);
      case BEFORE_VALUE, VALUE -> {
        String inner =
            switch (kind) {
              case PLAIN -> html ? HtmlText.withoutTags(s) : s;
              case TYPE_OF_SCRIPT -> {
                kind = Kind.PLAIN; // it may be code, regardless of the rest
                yield s;
              }
              case URL -> url.value(value, s);
              case IMAGES -> UrlText.images(value, s);
              case SCRIPT, STYLE -> code.value(value, s);
            };
        yield quote == 0
            ? HtmlText.unquoted(inner, html && kind == Kind.PLAIN)
            : html && kind == Kind.PLAIN ? HtmlText.normalized(inner) : HtmlText.escaped(inner);
      }
    };
  }

  /** Only names of harmless attributes may come from outside. */
  private String attributeName(String s) {
    String lower = s.toLowerCase(Locale.ROOT);
    boolean harmless = lower.matches("[a-z0-9]+") && kindOf(lower) == Kind.PLAIN;
    String name = harmless ? lower : HtmlText.REFUSED;
    if (place == HtmlState.ATTRIBUTE_NAME) {
      attribute.append(name);
    } else {
      attribute.setLength(0);
      attribute.append(name);
      place = HtmlState.ATTRIBUTE_NAME;
    }
    return name;
  }
}
