package dev.tethys.model.regex;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Sets denoted by {@code \p{name}}: categories and scripts of the JDK's Unicode tables, by their
 * names in Go.
 */
final class UnicodeSets {
  private static final Map<String, Integer> CATEGORIES = new HashMap<>(); // types, a bit each
  private static final Map<String, Character.UnicodeScript> SCRIPTS = new HashMap<>();

  /** Cache of sets; bounded by the number of names. */
  private static final Map<String, CharSet> MADE = new ConcurrentHashMap<>();

  static {
    category("L", "Lu", Character.UPPERCASE_LETTER);
    category("L", "Ll", Character.LOWERCASE_LETTER);
    category("L", "Lt", Character.TITLECASE_LETTER);
    category("L", "Lm", Character.MODIFIER_LETTER);
    category("L", "Lo", Character.OTHER_LETTER);
    category("LC", "Lu", Character.UPPERCASE_LETTER);
    category("LC", "Ll", Character.LOWERCASE_LETTER);
    category("LC", "Lt", Character.TITLECASE_LETTER);
    category("M", "Mn", Character.NON_SPACING_MARK);
    category("M", "Me", Character.ENCLOSING_MARK);
    category("M", "Mc", Character.COMBINING_SPACING_MARK);
    category("N", "Nd", Character.DECIMAL_DIGIT_NUMBER);
    category("N", "Nl", Character.LETTER_NUMBER);
    category("N", "No", Character.OTHER_NUMBER);
    category("Z", "Zs", Character.SPACE_SEPARATOR);
    category("Z", "Zl", Character.LINE_SEPARATOR);
    category("Z", "Zp", Character.PARAGRAPH_SEPARATOR);
    category("C", "Cc", Character.CONTROL);
    category("C", "Cf", Character.FORMAT);
    category("C", "Co", Character.PRIVATE_USE);
    category("C", "Cs", Character.SURROGATE);
    category("C", "Cn", Character.UNASSIGNED);
    category("P", "Pd", Character.DASH_PUNCTUATION);
    category("P", "Ps", Character.START_PUNCTUATION);
    category("P", "Pe", Character.END_PUNCTUATION);
    category("P", "Pc", Character.CONNECTOR_PUNCTUATION);
    category("P", "Po", Character.OTHER_PUNCTUATION);
    category("P", "Pi", Character.INITIAL_QUOTE_PUNCTUATION);
    category("P", "Pf", Character.FINAL_QUOTE_PUNCTUATION);
    category("S", "Sm", Character.MATH_SYMBOL);
    category("S", "Sc", Character.CURRENCY_SYMBOL);
    category("S", "Sk", Character.MODIFIER_SYMBOL);
    category("S", "So", Character.OTHER_SYMBOL);
    for (Character.UnicodeScript s : Character.UnicodeScript.values()) {
      if (s != Character.UnicodeScript.UNKNOWN) {
        SCRIPTS.put(name(s), s);
      }
    }
  }

  private UnicodeSets() {}

  private static void category(String all, String one, int type) {
    CATEGORIES.merge(all, 1 << type, (a, b) -> a | b);
    CATEGORIES.put(one, 1 << type);
  }

  /** {@code Old_Italic} for {@code OLD_ITALIC}. */
  private static String name(Character.UnicodeScript script) {
    if (script == Character.UnicodeScript.SIGNWRITING) {
      return "SignWriting";
    }
    StringBuilder sb = new StringBuilder();
    for (String word : script.name().split("_", -1)) {
      sb.append(sb.isEmpty() ? "" : "_");
      sb.append(word, 0, 1).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return sb.toString();
  }

  /** The set of a category or a script; null if there is none of that name. */
  static @Nullable CharSet named(String name) {
    if (name.equals("Any")) {
      return CharSet.ANY;
    }
    CharSet known = MADE.get(name);
    if (known != null) {
      return known;
    }
    Integer types = CATEGORIES.get(name);
    Character.UnicodeScript script = SCRIPTS.get(name);
    CharSet made;
    if (types != null) {
      int mask = types;
      made = where(c -> (mask >>> Character.getType(c) & 1) != 0);
    } else if (script != null) {
      made = where(c -> Character.UnicodeScript.of(c) == script);
    } else {
      return null;
    }
    MADE.put(name, made);
    return made;
  }

  private static CharSet where(IntPredicate in) {
    CharSet.Builder b = new CharSet.Builder();
    for (int c = 0; c <= CharSet.MAX; c++) {
      if (in.test(c)) {
        b.add(c, c);
      }
    }
    return b.build();
  }
}
