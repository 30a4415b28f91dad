package dev.tethys.codec.symbol;

import java.util.Map;

/**
 * Name of a symbol of C++ (Itanium C++ ABI, "Name encodings"), read to its end: later parts refer
 * to earlier ones by their number.
 */
final class ItaniumName extends ItaniumTypes {
  private static final Map<Character, String> STANDARD =
      Map.of(
          'a', "std::allocator",
          'b', "std::basic_string",
          's', "std::basic_string",
          'i', "std::basic_istream",
          'o', "std::basic_ostream",
          'd', "std::basic_iostream");

  private ItaniumName(String s) {
    super(s, 2);
  }

  /** Name of the symbol, with the suffix of a part or copy of a function. */
  static String parse(String symbol) {
    ItaniumName p = new ItaniumName(symbol);
    String name = p.encoding();
    if (p.peek() == 0) {
      return name;
    }
    if (p.peek() != '.') {
      throw new SymbolException();
    }
    String suffix = symbol.substring(p.at);
    int llvm = suffix.indexOf(".llvm.");
    return name + (llvm < 0 ? suffix : suffix.substring(0, llvm));
  }

  /** A function with its types, an object, or something that the compiler made. */
  @Override
  String encoding() {
    enter();
    String name;
    if (peek() == 'T' || peek() == 'G' && "VRATr".indexOf(peek(1)) >= 0) {
      name = special();
    } else {
      name = name();
      while (peek() != 0 && peek() != '.' && peek() != 'E') {
        if (skip('Q')) {
          expression();
        } else {
          type();
        }
      }
    }
    leave();
    return name;
  }

  private String special() {
    char kind = next();
    char what = next();
    if (kind == 'G') {
      return switch (what) {
        case 'V' -> "guard variable for " + name();
        case 'R' -> {
          String name = name();
          while (peek() != 0 && peek() != '_') {
            next();
          }
          skip('_');
          yield "reference temporary for " + name;
        }
        case 'A' -> "hidden alias for " + encoding();
        case 'T' -> {
          next(); // transactional or not
          yield "transaction clone for " + encoding();
        }
        default -> throw new SymbolException();
      };
    }
    return switch (what) {
      case 'V' -> "vtable for " + type();
      case 'T' -> "VTT for " + type();
      case 'I' -> "typeinfo for " + type();
      case 'S' -> "typeinfo name for " + type();
      case 'H' -> "TLS init function for " + name();
      case 'W' -> "TLS wrapper function for " + name();
      case 'h', 'v' -> {
        at--;
        callOffset();
        yield (what == 'h' ? "non-virtual thunk to " : "virtual thunk to ") + encoding();
      }
      case 'c' -> {
        callOffset();
        callOffset();
        yield "covariant return thunk to " + encoding();
      }
      case 'C' -> {
        type();
        number();
        expect('_');
        yield "construction vtable for " + type();
      }
      case 'A' -> {
        templateArgument();
        yield "template parameter object";
      }
      default -> throw new SymbolException();
    };
  }

  private void callOffset() {
    char kind = next();
    signed();
    if (kind == 'v') {
      expect('_');
      signed();
    } else if (kind != 'h') {
      throw new SymbolException();
    }
    expect('_');
  }

  private void signed() {
    skip('n');
    number();
  }

  @Override
  String name() {
    enter();
    String name =
        switch (peek()) {
          case 'N' -> nested();
          case 'Z' -> local();
          case 'S' -> {
            boolean std = peek(1) == 't';
            String found;
            if (std) {
              at += 2;
              found = joined("std", unqualified("std"));
            } else {
              found = substitution();
            }
            if (peek() == 'I') {
              if (std) {
                earlier.add(found);
              }
              templateArguments();
            }
            yield found;
          }
          default -> {
            String found = unqualified("");
            if (peek() == 'I') {
              earlier.add(found);
              templateArguments();
            }
            yield found;
          }
        };
    leave();
    return name;
  }

  private String nested() {
    expect('N');
    skip('H'); // of a function with an explicit object
    qualifiers();
    if (peek() == 'R' || peek() == 'O') {
      at++;
    }
    String name = "";
    while (!skip('E')) {
      char c = peek();
      boolean refers = false;
      if (c == 'S' && peek(1) == 't') {
        at += 2;
        name = "std";
        refers = true;
      } else if (c == 'S') {
        name = substitution();
        refers = true;
      } else if (c == 'I') {
        templateArguments();
      } else if (c == 'T') {
        name = templateParameter();
      } else if (c == 'D' && (peek(1) == 't' || peek(1) == 'T')) {
        name = type();
        refers = true; // the type has added itself
      } else if (c == 'M') {
        at++; // a lambda in the initialiser of a member
        continue;
      } else {
        name = joined(name, unqualified(name));
      }
      if (!refers && peek() != 'E') {
        earlier.add(name);
      }
    }
    if (name.isEmpty()) {
      throw new SymbolException();
    }
    return name;
  }

  private String local() {
    expect('Z');
    String function = encoding();
    expect('E');
    if (skip('s')) {
      discriminator();
      return joined(function, "string literal");
    }
    if (skip('d')) {
      if (isDigit(peek())) {
        number();
      }
      expect('_');
    }
    String name = joined(function, name());
    discriminator();
    return name;
  }

  private void discriminator() {
    if (peek() != '_') {
      return;
    }
    at++;
    if (skip('_')) {
      number();
      expect('_');
    } else {
      if (!isDigit(next())) {
        throw new SymbolException();
      }
    }
  }

  /**
   * Reads a name without its scope.
   *
   * @param in the enclosing scope, whose last part names constructors and destructors
   */
  @Override
  String unqualified(String in) {
    String name;
    char c = peek();
    if (isDigit(c)) {
      name = source();
    } else if (c == 'L') {
      at++; // of the file alone
      name = isDigit(peek()) ? source() : unqualified(in);
    } else if (c == 'U' && peek(1) == 'l') {
      at += 2;
      while (!skip('E')) {
        type();
      }
      name = "{lambda#" + ordinal() + "}";
    } else if (c == 'U' && peek(1) == 't') {
      at += 2;
      name = "{unnamed type#" + ordinal() + "}";
    } else if (c == 'C' && (isDigit(peek(1)) || peek(1) == 'I')) {
      at++;
      if (skip('I')) {
        next();
        type();
      } else {
        at++;
      }
      name = last(in);
    } else if (c == 'D' && isDigit(peek(1))) {
      at += 2;
      name = "~" + last(in);
    } else if (c == 'D' && peek(1) == 'C') {
      at += 2;
      StringBuilder all = new StringBuilder("[");
      while (!skip('E')) {
        all.append(all.length() > 1 ? ", " : "").append(source());
      }
      name = all.append(']').toString();
    } else if (c >= 'a' && c <= 'z') {
      name = operator();
    } else {
      throw new SymbolException();
    }
    while (peek() == 'B') {
      at++; // tag of the ABI
      source();
    }
    return name;
  }

  private static String last(String name) {
    int colons = name.lastIndexOf("::");
    String last = colons < 0 ? name : name.substring(colons + 2);
    if (last.isEmpty()) {
      throw new SymbolException();
    }
    return last;
  }

  @Override
  String source() {
    String name = take(number());
    if (name.isEmpty()) {
      throw new SymbolException();
    }
    boolean anonymous =
        name.length() > 9
            && name.startsWith("_GLOBAL_")
            && "._$".indexOf(name.charAt(8)) >= 0
            && name.charAt(9) == 'N';
    return anonymous ? "(anonymous namespace)" : name;
  }

  private int ordinal() {
    int n = isDigit(peek()) ? number() + 2 : 1;
    expect('_');
    return n;
  }

  @Override
  String operator() {
    String code = take(2);
    switch (code) {
      case "cv" -> {
        return "operator " + type();
      }
      case "li" -> {
        return "operator\"\" " + source();
      }
      default -> {
        if (code.charAt(0) == 'v' && isDigit(code.charAt(1))) {
          return "operator " + source();
        }
        ItaniumOperator known = ItaniumOperator.of(code);
        if (known == null) {
          throw new SymbolException();
        }
        String sign = known.sign();
        return "operator" + (Character.isLetter(sign.charAt(0)) ? " " : "") + sign;
      }
    }
  }

  /** Resolves a substitution {@code S…_}. */
  @Override
  String substitution() {
    expect('S');
    char c = next();
    if (c == '_' || isDigit(c) || c >= 'A' && c <= 'Z') {
      int n = 0;
      if (c != '_') {
        for (; c != '_'; c = next()) {
          if (!isDigit(c) && !(c >= 'A' && c <= 'Z')) {
            throw new SymbolException();
          }
          n = Math.min(n * 36 + (isDigit(c) ? c - '0' : c - 'A' + 10), 1 << 24);
        }
        n++;
      }
      if (n >= earlier.size()) {
        throw new SymbolException();
      }
      return earlier.get(n);
    }
    String name = STANDARD.get(c);
    if (name == null) {
      throw new SymbolException();
    }
    return name;
  }
}
