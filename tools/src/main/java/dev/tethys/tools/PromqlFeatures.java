package dev.tethys.tools;

import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.runtime.cli.FlagSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Effect of {@code --enable-feature} on commands that read PromQL. */
record PromqlFeatures(ParserOptions parser, boolean delayedNameRemoval) {
  private static final String FUNCTIONS = "promql-experimental-functions";
  private static final String NAME_REMOVAL = "promql-delayed-name-removal";
  private static final String RANGES = "promql-extended-range-selectors";
  private static final String FILL = "promql-binop-fill-modifiers";

  /** On in any case. */
  private static final String DURATIONS = "promql-duration-expr";

  static final List<String> NAMES = List.of(FUNCTIONS, NAME_REMOVAL, RANGES, FILL);

  /** Reads the flag; a name that is unknown is complained of. */
  static PromqlFeatures of(FlagSet flags, Console console) {
    Set<String> on = new HashSet<>();
    for (String list : flags.list("enable-feature")) {
      for (String name : list.split(",", -1)) {
        if (NAMES.contains(name)) {
          on.add(name);
        } else if (!name.isEmpty() && !name.equals(DURATIONS)) {
          console.out().println("  WARNING: Unknown feature passed to --enable-feature: " + name);
        }
      }
    }
    return new PromqlFeatures(
        new ParserOptions(on.contains(FUNCTIONS), on.contains(RANGES), on.contains(FILL)),
        on.contains(NAME_REMOVAL));
  }
}
