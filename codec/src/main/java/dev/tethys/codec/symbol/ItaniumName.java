package dev.tethys.codec.symbol;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Name of a symbol of C++, by the section "External names" of the Itanium C++ ABI. Types are read
 * because later parts refer to them by their number; of their text only names are kept.
 */
final class ItaniumName extends SymbolText {
  private static final Map<Character, String> STANDARD =
      Map.of(
          'a', "std::allocator",
          'b', "std::basic_string",
          's', "std::basic_string",
          'i', "std::basic_istream",
          'o', "std::basic_ostream",
          'd', "std::basic_iostream");

  private static final Map<Character, String> BUILTIN =
      Map.ofEntries(
          Map.entry('v', "void"),
          Map.entry('w', "wchar_t"),
          Map.entry('b', "bool"),
          Map.entry('c', "char"),
          Map.entry('a', "signed char"),
          Map.entry('h', "unsigned char"),
          Map.entry('s', "short"),
          Map.entry('t', "unsigned short"),
          Map.entry('i', "int"),
          Map.entry('j', "unsigned int"),
          Map.entry('l', "long"),
          Map.entry('m', "unsigned long"),
          Map.entry('x', "long long"),
          Map.entry('y', "unsigned long long"),
          Map.entry('n', "__int128"),
          Map.entry('o', "unsigned __int128"),
          Map.entry('f', "float"),
          Map.entry('d', "double"),
          Map.entry('e', "long double"),
          Map.entry('g', "__float128"),
          Map.entry('z', "..."));

  private final List<String> earlier = new ArrayList<>(); // parts that can be referred to

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
  private String encoding() {
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

  private String name() {
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
    if (skip('H')) {
      // a function with an explicit object
    }
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

  private void qualifiers() {
    while (peek() == 'r' || peek() == 'V' || peek() == 'K') {
      at++;
    }
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
   * A name without what it is in.
   *
   * @param in what it is in, of which constructors and destructors take the last part
   */
  private String unqualified(String in) {
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

  private String source() {
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

  private String operator() {
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

  /** What an S refers to. */
  private String substitution() {
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

  private String templateParameter() {
    expect('T');
    if (skip('L')) {
      number();
      expect('_');
    }
    if (isDigit(peek())) {
      number();
    }
    expect('_');
    return "auto";
  }

  private void templateArguments() {
    if (!skip('J')) {
      expect('I');
    }
    enter();
    while (!skip('E')) {
      if (skip('Q')) {
        expression();
      } else {
        templateArgument();
      }
    }
    leave();
  }

  private void templateArgument() {
    switch (peek()) {
      case 'X' -> {
        at++;
        expression();
        expect('E');
      }
      case 'L' -> literal();
      case 'I', 'J' -> templateArguments();
      case 'T' -> {
        if ("ynptk".indexOf(peek(1)) >= 0 && peek(1) != 0) {
          parameterDeclaration();
        } else {
          type();
        }
      }
      default -> type();
    }
  }

  /** Declaration of a template parameter, before the argument for it. */
  private void parameterDeclaration() {
    expect('T');
    switch (next()) {
      case 'y' -> {
        // a type
      }
      case 'n' -> type();
      case 'p' -> parameterDeclaration();
      case 't' -> {
        while (!skip('E')) {
          parameterDeclaration();
        }
      }
      case 'k' -> {
        name();
      }
      default -> throw new SymbolException();
    }
  }

  private void literal() {
    expect('L');
    if (peek() == '_' && peek(1) == 'Z') {
      at += 2;
      encoding();
    } else if (peek() == 'Z') {
      at++;
      encoding();
    } else {
      type();
      while (peek() != 'E') {
        next();
      }
    }
    expect('E');
  }

  private String type() {
    enter();
    String type = anyType();
    leave();
    return type;
  }

  private String anyType() {
    char c = peek();
    String builtin = BUILTIN.get(c);
    if (builtin != null) {
      at++;
      return builtin;
    }
    switch (c) {
      case 'r', 'V', 'K' -> {
        qualifiers();
        return added(type());
      }
      case 'P' -> {
        at++;
        return added(type() + "*");
      }
      case 'R' -> {
        at++;
        return added(type() + "&");
      }
      case 'O' -> {
        at++;
        return added(type() + "&&");
      }
      case 'C', 'G' -> {
        at++;
        return added(type());
      }
      case 'F' -> {
        return added(function());
      }
      case 'A' -> {
        at++;
        if (isDigit(peek())) {
          number();
        } else if (peek() != '_') {
          expression();
        }
        expect('_');
        return added(type() + "[]");
      }
      case 'M' -> {
        at++;
        String in = type();
        type();
        return added(in + "::*");
      }
      case 'T' -> {
        return elaboratedOrParameter();
      }
      case 'S' -> {
        return referred();
      }
      case 'D' -> {
        return extended();
      }
      case 'U' -> {
        if (peek(1) == 'l' || peek(1) == 't') {
          return added(name());
        }
        at++;
        source();
        if (peek() == 'I') {
          templateArguments();
        }
        return added(type());
      }
      case 'u' -> {
        at++;
        String name = source();
        if (peek() == 'I') {
          templateArguments();
        }
        return added(name);
      }
      default -> {
        return added(name());
      }
    }
  }

  private String added(String type) {
    earlier.add(type);
    return type;
  }

  private String function() {
    expect('F');
    skip('Y');
    while (!skip('E')) {
      if ((peek() == 'R' || peek() == 'O') && peek(1) == 'E') {
        at++;
      } else {
        type();
      }
    }
    return "function";
  }

  private String elaboratedOrParameter() {
    if ("sue".indexOf(peek(1)) >= 0 && peek(1) != 0) {
      at += 2;
      return added(name());
    }
    String parameter = templateParameter();
    earlier.add(parameter);
    if (peek() == 'I') {
      templateArguments();
      earlier.add(parameter);
    }
    return parameter;
  }

  private String referred() {
    char c = peek(1);
    if (c == '_' || isDigit(c) || c >= 'A' && c <= 'Z') {
      String found = substitution();
      if (peek() == 'I') {
        templateArguments();
        earlier.add(found);
      }
      return found;
    }
    boolean whole = c != 't' && peek(2) != 'I';
    String found = name();
    if (!whole) {
      earlier.add(found);
    }
    return found;
  }

  private String extended() {
    expect('D');
    char c = next();
    switch (c) {
      case 'd' -> {
        return "decimal64";
      }
      case 'e' -> {
        return "decimal128";
      }
      case 'f' -> {
        return "decimal32";
      }
      case 'h' -> {
        return "half";
      }
      case 'i' -> {
        return "char32_t";
      }
      case 's' -> {
        return "char16_t";
      }
      case 'u' -> {
        return "char8_t";
      }
      case 'a' -> {
        return "auto";
      }
      case 'c' -> {
        return "decltype(auto)";
      }
      case 'n' -> {
        return "decltype(nullptr)";
      }
      case 'F' -> {
        int bits = number();
        if (!skip('x') && !skip('b')) {
          expect('_');
        }
        return "_Float" + bits;
      }
      case 'B', 'U' -> {
        if (isDigit(peek())) {
          number();
        } else {
          expression();
        }
        expect('_');
        return "_BitInt";
      }
      case 'p' -> {
        return added(type());
      }
      case 't', 'T' -> {
        expression();
        expect('E');
        return added("decltype(...)");
      }
      case 'v' -> {
        if (isDigit(peek())) {
          number();
        } else if (peek() != '_') {
          expression();
        }
        expect('_');
        return added(type());
      }
      case 'o', 'O', 'w', 'x' -> {
        if (c == 'O') {
          expression();
          expect('E');
        } else if (c == 'w') {
          while (!skip('E')) {
            type();
          }
        }
        return added(peek() == 'F' ? function() : type());
      }
      default -> throw new SymbolException();
    }
  }

  private void expression() {
    enter();
    anyExpression();
    leave();
  }

  private void expressions() {
    while (!skip('E')) {
      expression();
    }
  }

  private void anyExpression() {
    char c = peek();
    char d = peek(1);
    if (c == 'L') {
      literal();
      return;
    }
    if (c == 'T') {
      templateParameter();
      return;
    }
    if (isDigit(c)) {
      unresolved();
      return;
    }
    if (c == 'f' && (d == 'p' || d == 'L' && isDigit(peek(2)))) {
      at += 2;
      if (d == 'L') {
        number();
        expect('p');
      }
      qualifiers();
      if (skip('T')) {
        return; // this
      }
      if (isDigit(peek())) {
        number();
      }
      expect('_');
      return;
    }
    if (c == 'f' && (d == 'l' || d == 'r' || d == 'L' || d == 'R')) {
      at += 2;
      take(2);
      expression();
      if (d == 'L' || d == 'R') {
        expression();
      }
      return;
    }
    String code = take(2);
    switch (code) {
      case "sr" -> scoped();
      case "sp" -> expression();
      case "sZ" -> expression();
      case "sP" -> {
        while (!skip('E')) {
          templateArgument();
        }
      }
      case "on" -> {
        operator();
        if (peek() == 'I') {
          templateArguments();
        }
      }
      case "dn" -> unresolved();
      case "gs" -> expression();
      case "tl" -> {
        type();
        expressions();
      }
      case "il", "cl", "cp" -> expressions();
      case "cv" -> {
        type();
        if (skip('_')) {
          expressions();
        } else {
          expression();
        }
      }
      case "ti", "st", "at" -> type();
      case "dc", "sc", "cc", "rc" -> {
        type();
        expression();
      }
      case "dt", "pt" -> {
        expression();
        unresolved();
      }
      case "nw", "na" -> allocation();
      case "tr" -> {
        // throw without a value
      }
      default -> {
        ItaniumOperator known = ItaniumOperator.of(code);
        if (known == null) {
          throw new SymbolException();
        }
        if (code.equals("pp") || code.equals("mm")) {
          skip('_'); // before its operand
        }
        for (int i = 0; i < known.operands(); i++) {
          expression();
        }
      }
    }
  }

  /** A name in a scope that is not known yet: a type, or levels of names up to an E. */
  private void scoped() {
    if (skip('N')) {
      type();
      levels();
    } else if (!isDigit(peek())) {
      type();
    } else {
      int start = at;
      int known = earlier.size();
      try {
        levels();
      } catch (SymbolException e) { // older compilers have a type without an E
        at = start;
        earlier.subList(known, earlier.size()).clear();
        type();
      }
    }
    unresolved();
  }

  private void levels() {
    while (!skip('E')) {
      source();
      if (peek() == 'I') {
        templateArguments();
      }
    }
  }

  private void allocation() {
    while (!skip('_')) {
      expression();
    }
    type();
    if (skip('E')) {
      return;
    }
    String code = take(2);
    if (!code.equals("pi") && !code.equals("il")) {
      throw new SymbolException();
    }
    expressions();
    if (code.equals("il")) {
      expect('E');
    }
  }

  private void unresolved() {
    if (peek() == 'o' && peek(1) == 'n') {
      at += 2;
      operator();
    } else if (peek() == 'd' && peek(1) == 'n') {
      at += 2;
      if (isDigit(peek())) {
        source();
      } else {
        type();
      }
    } else if (peek() == 's' && peek(1) == 'r' || peek() == 'g' && peek(1) == 's') {
      expression();
    } else {
      unqualified("auto");
    }
    if (peek() == 'I') {
      templateArguments();
    }
  }
}
