package dev.tethys.runtime.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Flags from environment variables, for flags that the command line does not set. */
public final class EnvironmentFlags {
  private EnvironmentFlags() {}

  /** Variable with the name of a flag in upper case and underscores. */
  public static String variable(String flag) {
    return flag.toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_');
  }

  /**
   * Arguments preceded by arguments from the environment. Flags of the log have no variables.
   *
   * @param variable gives the variable of a flag
   */
  public static List<String> arguments(
      List<String> args,
      Map<String, String> environment,
      FlagSet known,
      UnaryOperator<String> variable) {
    List<String> out = new ArrayList<>();
    for (String name : known.values().keySet()) {
      String value = environment.get(variable.apply(name));
      boolean given =
          args.stream()
              .anyMatch(
                  a ->
                      a.equals("--" + name)
                          || a.equals("--no-" + name)
                          || a.startsWith("--" + name + "="));
      if (value != null && !value.isEmpty() && !given && !name.startsWith("log.")) {
        out.add("--" + name + "=" + value);
      }
    }
    out.addAll(args);
    return out;
  }
}
