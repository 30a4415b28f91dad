package dev.tethys.control.validation;

import dev.tethys.config.ConfigException;
import dev.tethys.control.text.Texts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Check of a text before it becomes a version: the reader of the running graph, and its tests. */
public final class VersionCheck {
  private final GraphValidator validator;
  private final DryRun runs;
  private final Function<String, List<ConfigTest>> tests;

  /**
   * @param tests returns the tests of a configuration
   */
  public VersionCheck(
      GraphValidator validator, DryRun runs, Function<String, List<ConfigTest>> tests) {
    this.validator = validator;
    this.runs = runs;
    this.tests = tests;
  }

  /**
   * Checks that text that is not validated contains no secrets.
   *
   * @param file file name used in error messages
   * @throws ConfigException if it does
   */
  public void refuseSecrets(String file, String text) {
    validator.refuseSecrets(file, text);
  }

  /**
   * Checks a text.
   *
   * @param file file name used in error messages
   * @return as of {@link GraphValidator#check}
   * @throws ConfigException if the text is invalid for every agent or holds a secret, or a test
   *     fails, with the differences
   */
  public String check(String name, String file, String text) throws IOException {
    String validation = validator.check(file, text);
    validator.refuseSecrets(file, text);
    List<String> failed = new ArrayList<>();
    for (ConfigTest t : tests.apply(name)) {
      String difference = t.run(runs, text);
      if (!difference.isEmpty()) {
        failed.add(difference);
      }
    }
    if (!failed.isEmpty()) {
      throw new ConfigException(file, Texts.shortened(String.join("\n", failed), 8192));
    }
    return validation;
  }
}
