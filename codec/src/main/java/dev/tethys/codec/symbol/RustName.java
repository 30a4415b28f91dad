package dev.tethys.codec.symbol;

import java.util.Map;

/** Name of a symbol of Rust's scheme v0 (RFC 2603). Generic arguments of paths are omitted. */
final class RustName extends SymbolText {
  private static final Map<Character, String> BASIC =
      Map.ofEntries(
          Map.entry('a', "i8"),
          Map.entry('b', "bool"),
          Map.entry('c', "char"),
          Map.entry('d', "f64"),
          Map.entry('e', "str"),
          Map.entry('f', "f32"),
          Map.entry('h', "u8"),
          Map.entry('i', "isize"),
          Map.entry('j', "usize"),
          Map.entry('l', "i32"),
          Map.entry('m', "u32"),
          Map.entry('n', "i128"),
          Map.entry('o', "u128"),
          Map.entry('p', "_"),
          Map.entry('s', "i16"),
          Map.entry('t', "u16"),
          Map.entry('u', "()"),
          Map.entry('v', "..."),
          Map.entry('x', "i64"),
          Map.entry('y', "u64"),
          Map.entry('z', "!"));

  private static final int START = 2;

  private RustName(String s) {
    super(s, START);
  }

  static String parse(String symbol) {
    RustName p = new RustName(symbol);
    if (Character.isDigit(p.peek())) {
      throw new SymbolException(); // a later version of the scheme
    }
    String name = p.path();
    if (p.peek() != 0 && p.peek() != '.') {
      p.path(); // the crate that instantiated it
    }
    if (p.peek() != 0 && p.peek() != '.') {
      throw new SymbolException();
    }
    return name;
  }

  private String path() {
    enter();
    char c = next();
    String name =
        switch (c) {
          case 'C' -> identifier();
          case 'M' -> {
            implementation();
            yield "<" + type() + ">";
          }
          case 'X' -> {
            implementation();
            yield trait();
          }
          case 'Y' -> trait();
          case 'N' -> nested();
          case 'I' -> {
            String path = path();
            while (!skip('E')) {
              argument();
            }
            yield path;
          }
          case 'B' -> referred(c);
          default -> throw new SymbolException();
        };
    leave();
    return name;
  }

  private void implementation() {
    disambiguator();
    path();
  }

  private String trait() {
    String type = type();
    return joined("", "<" + type + " as " + path() + ">");
  }

  private String nested() {
    char space = next();
    String in = path();
    long n = disambiguator();
    String name = bareIdentifier();
    if (space >= 'a' && space <= 'z') {
      return name.isEmpty() ? in : joined(in, name);
    }
    String kind =
        switch (space) {
          case 'C' -> "closure";
          case 'S' -> "shim";
          default -> String.valueOf(space);
        };
    return joined(in, "{" + kind + (name.isEmpty() ? "" : ":" + name) + "#" + n + "}");
  }

  private String identifier() {
    disambiguator();
    return bareIdentifier();
  }

  private long disambiguator() {
    return skip('s') ? base62() + 1 : 0;
  }

  private String bareIdentifier() {
    boolean encoded = skip('u');
    int length = skip('0') ? 0 : number(); // a zero is a number alone
    skip('_');
    String name = take(length);
    return encoded ? "punycode{" + name + "}" : name;
  }

  private long base62() {
    if (skip('_')) {
      return 0;
    }
    long n = 0;
    for (char c = next(); c != '_'; c = next()) {
      int digit;
      if (isDigit(c)) {
        digit = c - '0';
      } else if (c >= 'a' && c <= 'z') {
        digit = c - 'a' + 10;
      } else if (c >= 'A' && c <= 'Z') {
        digit = c - 'A' + 36;
      } else {
        throw new SymbolException();
      }
      n = n * 62 + digit; // of 64 bits where it tells crates apart
    }
    return n + 1;
  }

  /**
   * Reads an earlier part again.
   *
   * @param as 'C' for a constant, 'T' for a type, else a path
   */
  private String referred(char as) {
    int here = at;
    long to = base62();
    int after = at;
    if (to < 0 || to >= here - 1 - START) {
      throw new SymbolException();
    }
    at = (int) (START + to);
    String name =
        switch (as) {
          case 'T' -> type();
          case 'C' -> constant();
          default -> path();
        };
    at = after;
    return name;
  }

  private void argument() {
    if (skip('L')) {
      base62();
    } else if (skip('K')) {
      constant();
    } else {
      type();
    }
  }

  private String type() {
    enter();
    char c = peek();
    String type = BASIC.get(c);
    if (type != null) {
      at++;
    } else {
      type =
          switch (c) {
            case 'A' -> {
              at++;
              yield "[" + type() + "; " + constant() + "]";
            }
            case 'S' -> {
              at++;
              yield "[" + type() + "]";
            }
            case 'T' -> tuple();
            case 'R', 'Q' -> {
              at++;
              if (skip('L')) {
                base62();
              }
              yield (c == 'R' ? "&" : "&mut ") + type();
            }
            case 'P' -> {
              at++;
              yield "*const " + type();
            }
            case 'O' -> {
              at++;
              yield "*mut " + type();
            }
            case 'F' -> function();
            case 'D' -> dynamic();
            case 'B' -> {
              at++;
              yield referred('T');
            }
            default -> path();
          };
    }
    leave();
    return joined("", type);
  }

  private String tuple() {
    expect('T');
    StringBuilder out = new StringBuilder("(");
    int n = 0;
    for (; !skip('E'); n++) {
      out.append(n > 0 ? ", " : "").append(type());
    }
    return out.append(n == 1 ? ",)" : ")").toString();
  }

  private String function() {
    expect('F');
    if (skip('G')) {
      base62();
    }
    skip('U');
    if (skip('K') && !skip('C')) {
      bareIdentifier();
    }
    StringBuilder out = new StringBuilder("fn(");
    for (int n = 0; !skip('E'); n++) {
      out.append(n > 0 ? ", " : "").append(type());
    }
    String result = type();
    return out.append(')').append(result.equals("()") ? "" : " -> " + result).toString();
  }

  private String dynamic() {
    expect('D');
    if (skip('G')) {
      base62();
    }
    StringBuilder out = new StringBuilder("dyn ");
    for (int n = 0; !skip('E'); n++) {
      out.append(n > 0 ? " + " : "").append(path());
      while (skip('p')) {
        bareIdentifier();
        type();
      }
    }
    if (skip('L')) {
      base62();
    }
    return out.toString();
  }

  /** Number of a constant; an underscore if it is not a number. */
  private String constant() {
    if (skip('p')) {
      return "_";
    }
    if (skip('B')) {
      return referred('C');
    }
    boolean whole = "hijlmnostxya".indexOf(next()) >= 0; // its type
    boolean negative = skip('n');
    int start = at;
    while (peek() != '_') {
      next();
    }
    String digits = s.substring(start, at);
    expect('_');
    if (!whole || !digits.matches("[0-9a-f]{0,15}")) {
      return "_";
    }
    long n = digits.isEmpty() ? 0 : Long.parseLong(digits, 16);
    return Long.toString(negative ? -n : n);
  }
}
