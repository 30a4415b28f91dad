package dev.tethys.codec.symbol;

import java.util.Map;

/**
 * Types and template arguments in symbols of C++ (Itanium C++ ABI, "Type encodings"). Of their text
 * only names are kept; later parts refer to types and names by their number.
 */
abstract class ItaniumTypes extends ItaniumExpressions {
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

  ItaniumTypes(String s, int at) {
    super(s, at);
  }

  abstract String encoding();

  abstract String name();

  /** Resolves a substitution {@code S…_}. */
  abstract String substitution();

  @Override
  final String templateParameter() {
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

  @Override
  final void templateArguments() {
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

  @Override
  final void templateArgument() {
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

  @Override
  final void literal() {
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

  @Override
  final String type() {
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
}
