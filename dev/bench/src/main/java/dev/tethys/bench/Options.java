package dev.tethys.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The {@code name=number} arguments of a command, applied over its defaults, and keywords if it has
 * any.
 */
final class Options {
  /** The arguments are invalid for the command. */
  static final class WrongException extends Exception {
    private static final long serialVersionUID = 1L;

    WrongException(String message) {
      super(message);
    }
  }

  private final Map<String, Long> values = new LinkedHashMap<>();
  private final List<String> words = new ArrayList<>();
  private String wordsName = "";
  private Predicate<String> isWord = w -> false;

  /** Adds an option with its default. */
  Options with(String name, long value) {
    values.put(name, value);
    return this;
  }

  /**
   * Arguments without a value.
   *
   * @param name their name in errors
   */
  Options withWords(String name, Predicate<String> known) {
    wordsName = name;
    isWord = known;
    return this;
  }

  /** Applies the arguments over the defaults. */
  Options read(String[] args) throws WrongException {
    for (String a : args) {
      String[] kv = a.split("=", 2);
      if (kv.length == 2 && values.containsKey(kv[0])) {
        try {
          values.put(kv[0], Long.parseLong(kv[1]));
        } catch (NumberFormatException e) {
          throw new WrongException(kv[0] + " takes a whole number, not \"" + kv[1] + "\"");
        }
      } else if (kv.length == 1 && isWord.test(a)) {
        words.add(a);
      } else {
        throw new WrongException("unknown option " + a + "; " + there());
      }
    }
    return this;
  }

  /** Returns the known options, for error messages. */
  String there() {
    List<String> all = new ArrayList<>();
    if (!wordsName.isEmpty()) {
      all.add(wordsName);
    }
    values.forEach((k, v) -> all.add(k + "=" + v));
    return "there are " + String.join(", ", all);
  }

  List<String> words() {
    return words;
  }

  long number(String name) {
    Long v = values.get(name);
    if (v == null) {
      throw new IllegalArgumentException(name);
    }
    return v;
  }

  /** Returns a number that must not be large. */
  int count(String name) throws WrongException {
    long v = number(name);
    if (v != (int) v) {
      throw new WrongException(name + " is out of range: " + v);
    }
    return (int) v;
  }
}
