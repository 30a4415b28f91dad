package dev.tethys.model.regex;

import dev.tethys.model.regex.RegexNode.Alternate;
import dev.tethys.model.regex.RegexNode.Assert;
import dev.tethys.model.regex.RegexNode.Chars;
import dev.tethys.model.regex.RegexNode.Concat;
import dev.tethys.model.regex.RegexNode.Group;
import dev.tethys.model.regex.RegexNode.Literal;
import dev.tethys.model.regex.RegexNode.Repeat;

/**
 * Writes a tree for RE2/J, which finds groups: without flags and names, and with sets of code
 * points spelled out, as its own Unicode tables are old.
 */
final class RegexPrinter {
  private final StringBuilder out = new StringBuilder();

  private RegexPrinter() {}

  static String print(RegexNode tree) {
    RegexPrinter p = new RegexPrinter();
    p.node(tree);
    return p.out.toString();
  }

  private void node(RegexNode n) {
    if (n instanceof Literal l) {
      l.text().codePoints().forEach(this::character);
    } else if (n instanceof Chars c) {
      out.append(c.set());
    } else if (n instanceof Assert a) {
      out.append(a.kind().text);
    } else if (n instanceof Concat c) {
      c.parts().forEach(this::part);
    } else if (n instanceof Alternate a) {
      for (int i = 0; i < a.choices().size(); i++) {
        out.append(i == 0 ? "" : "|");
        node(a.choices().get(i));
      }
    } else if (n instanceof Repeat r) {
      repeat(r);
    } else if (n instanceof Group g) {
      out.append('(');
      node(g.part());
      out.append(')');
    } else {
      out.append("(?:)");
    }
  }

  private void character(int c) {
    if (ClassParser.isAlphanumeric(c)) {
      out.append((char) c);
    } else {
      out.append("\\x{").append(Integer.toHexString(c)).append('}');
    }
  }

  private void part(RegexNode n) {
    if (n instanceof Alternate) {
      inParentheses(n);
    } else {
      node(n);
    }
  }

  private void inParentheses(RegexNode n) {
    out.append("(?:");
    node(n);
    out.append(')');
  }

  private void repeat(Repeat r) {
    inParentheses(r.part());
    if (r.max() == RegexNode.INFINITE && r.min() <= 1) {
      out.append(r.min() == 0 ? '*' : '+');
    } else if (r.min() == 0 && r.max() == 1) {
      out.append('?');
    } else {
      out.append('{').append(r.min());
      if (r.max() != r.min()) {
        out.append(',');
        if (r.max() != RegexNode.INFINITE) {
          out.append(r.max());
        }
      }
      out.append('}');
    }
    out.append(r.greedy() ? "" : "?");
  }
}
