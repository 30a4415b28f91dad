package dev.tethys.runtime.cli;

import dev.tethys.config.ByteSize;
import dev.tethys.config.Durations;
import dev.tethys.config.GoDurations;
import dev.tethys.config.NameSuggestion;
import dev.tethys.config.Redaction;
import dev.tethys.config.Secret;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The flags of one role, read strictly: {@code --name=value}, {@code --name value}, {@code --name}
 * and {@code --no-name} for booleans. Unknown flags, invalid values and unsupported flags cause a
 * {@link UsageException}.
 */
public final class FlagSet {
  private final String command;
  private final UsageTexts words;
  private final String operandHelp;
  private final String about;
  private final Map<String, Flag> flags = new LinkedHashMap<>();
  private final Map<String, List<String>> given = new LinkedHashMap<>();

  /** Creates the set of flags accepted by a command, in the order of its help. */
  public FlagSet(String command, String about, List<Flag> flags) {
    this(command, "", about, flags);
  }

  /** Variant with operands, as its help shows them: {@code <file> [<folder>]}. */
  public FlagSet(String command, String operandHelp, String about, List<Flag> flags) {
    this(command, operandHelp, about, flags, new OwnUsageTexts(command));
  }

  /** Creates a flag set with error messages in another program's wording. */
  public FlagSet(
      String command, String operandHelp, String about, List<Flag> flags, UsageTexts words) {
    this.command = command;
    this.words = words;
    this.operandHelp = operandHelp;
    this.about = about;
    flags.forEach(f -> this.flags.put(f.name(), f));
  }

  /** Parses the arguments; rejects those that are not flags. */
  public FlagSet parse(List<String> arguments) {
    return parse(arguments, null);
  }

  /**
   * Parses the arguments; those that are not flags, or follow {@code --}, are added to a list.
   * Without a list they are rejected.
   */
  public FlagSet parse(List<String> arguments, @Nullable List<String> operands) {
    for (int i = 0; i < arguments.size(); i++) {
      String a = arguments.get(i);
      if (operands != null && a.equals("--")) {
        operands.addAll(arguments.subList(i + 1, arguments.size()));
        break;
      }
      if (operands != null && !a.startsWith("-")) {
        operands.add(a);
        continue;
      }
      if (!a.startsWith("--")) {
        String name = a.startsWith("-") ? a.substring(1).split("=", 2)[0] : "";
        if (flags.containsKey(name)) {
          throw words.unknown("-" + name, ", did you mean --" + name + "?");
        }
        throw words.unexpected(a);
      }
      int eq = a.indexOf('=');
      String name = a.substring(2, eq < 0 ? a.length() : eq);
      Flag flag = flags.get(name);
      boolean negated = false;
      if (flag == null && name.startsWith("no-")) {
        flag = flags.get(name.substring(3));
        negated = flag != null && flag.kind() == Flag.Kind.BOOLEAN;
        flag = negated ? flag : null;
      }
      if (flag == null) {
        throw words.unknown("--" + name, suggestion(name));
      }
      String value;
      if (flag.kind() == Flag.Kind.BOOLEAN) {
        value = eq < 0 ? String.valueOf(!negated) : a.substring(eq + 1);
      } else if (eq >= 0) {
        value = a.substring(eq + 1);
      } else if (i + 1 < arguments.size()
          && !(operands != null && arguments.get(i + 1).equals("--"))) {
        value = arguments.get(++i);
      } else {
        throw words.withoutValue(name);
      }
      if (flag.refusal() != null && !value.equals(flag.defaultValue())) {
        throw new UsageException(
            command + ": --" + flag.name() + " is not accepted: " + flag.refusal());
      }
      check(flag, value);
      List<String> values = given.computeIfAbsent(flag.name(), k -> new ArrayList<>());
      if (flag.kind() != Flag.Kind.LIST && !values.isEmpty()) {
        throw words.repeated(flag.name());
      }
      values.add(value);
    }
    return this;
  }

  private void check(Flag flag, String value) {
    if (value.isEmpty() && flag.defaultValue().isEmpty()) {
      return;
    }
    try {
      switch (flag.kind()) {
        case BOOLEAN -> {
          if (!value.equals("true") && !value.equals("false")) {
            throw new IllegalArgumentException("expected true or false");
          }
        }
        case INTEGER -> Long.parseLong(value);
        case FLOAT -> Double.parseDouble(value);
        case DURATION -> Durations.parse(value);
        case GO_DURATION -> {
          if (GoDurations.parse(value).isNegative()) {
            throw new IllegalArgumentException("a duration may not be negative here");
          }
        }
        case SIZE -> ByteSize.parse(value);
        case STRING, LIST -> {}
      }
    } catch (NumberFormatException e) {
      throw words.unreadable(flag.name(), value, "expected a number");
    } catch (IllegalArgumentException e) {
      throw words.unreadable(flag.name(), value, String.valueOf(e.getMessage()));
    }
  }

  private String suggestion(String name) {
    String negated =
        name.startsWith("no-")
            ? NameSuggestion.ofParts(name.substring(3), usable(f -> f.kind() == Flag.Kind.BOOLEAN))
            : null;
    String nearest =
        negated == null ? NameSuggestion.ofParts(name, usable(_ -> true)) : "no-" + negated;
    return nearest == null ? "" : ", did you mean --" + nearest + "?";
  }

  /** Replaces the default of a flag that depends on other flags. */
  public void setDefault(String name, String value) {
    Flag f = flag(name);
    flags.put(name, new Flag(name, f.kind(), value, f.help(), f.refusal()));
  }

  private List<String> usable(Predicate<Flag> which) {
    return flags.values().stream()
        .filter(f -> f.refusal() == null && which.test(f))
        .map(Flag::name)
        .toList();
  }

  /** Whether the flag was set. */
  public boolean isGiven(String name) {
    return given.containsKey(name);
  }

  /** Returns the text of a flag, given or default. */
  public String get(String name) {
    List<String> v = given.get(name);
    return v == null ? flag(name).defaultValue() : v.getLast();
  }

  /** Returns all strings of a flag that may be repeated. */
  public List<String> list(String name) {
    List<String> v = given.get(name);
    String d = flag(name).defaultValue();
    return v != null ? List.copyOf(v) : d.isEmpty() ? List.of() : List.of(d);
  }

  public boolean bool(String name) {
    return Boolean.parseBoolean(get(name));
  }

  public long integer(String name) {
    return Long.parseLong(get(name));
  }

  /** Returns a duration in milliseconds. */
  public long millis(String name) {
    return Durations.parse(get(name)).toMillis();
  }

  /** Returns a size in bytes; 0 if the flag is empty. */
  public long bytes(String name) {
    String v = get(name);
    return v.isEmpty() ? 0 : ByteSize.parse(v).bytes();
  }

  private Flag flag(String name) {
    Flag f = flags.get(name);
    if (f == null) {
      throw new IllegalArgumentException("no flag " + name);
    }
    return f;
  }

  /** Returns every flag with its effective text, as shown by {@code /api/v1/status/flags}. */
  public Map<String, String> values() {
    Map<String, String> out = new LinkedHashMap<>();
    flags.keySet().stream()
        .sorted()
        .forEach(
            n -> out.put(n, shown(n, given.containsKey(n) ? String.join(",", list(n)) : get(n))));
    return out;
  }

  private static String shown(String name, String value) {
    return value.isEmpty() || !Redaction.isSecretKey(name) ? Redaction.text(value) : Secret.MASK;
  }

  /** Returns the help page. */
  public String help() {
    StringBuilder sb = new StringBuilder();
    sb.append("usage: ")
        .append(command)
        .append(" [<flags>]")
        .append(operandHelp.isEmpty() ? "" : " " + operandHelp)
        .append("\n\n")
        .append(about)
        .append("\n\nFlags:\n");
    for (Flag f : flags.values()) {
      String head =
          f.kind() == Flag.Kind.BOOLEAN
              ? "--[no-]" + f.name()
              : "--" + f.name() + "=" + (f.defaultValue().isEmpty() ? "…" : f.defaultValue());
      sb.append("  ").append(head);
      if (f.kind() == Flag.Kind.LIST) {
        sb.append(" ...");
      }
      sb.append("\n").append(wrap(f.help(), 88, "        ")).append('\n');
    }
    return sb.toString();
  }

  private static String wrap(String text, int width, String indent) {
    StringBuilder sb = new StringBuilder(indent);
    int column = indent.length();
    for (String word : text.split(" ")) {
      if (column + word.length() > width) {
        sb.append('\n').append(indent);
        column = indent.length();
      }
      sb.append(word).append(' ');
      column += word.length() + 1;
    }
    return sb.toString().stripTrailing();
  }
}
