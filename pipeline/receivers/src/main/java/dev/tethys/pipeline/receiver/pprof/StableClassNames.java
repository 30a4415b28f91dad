package dev.tethys.pipeline.receiver.pprof;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of classes and libraries that are the same in every process. The numbers of lambdas,
 * generated classes and unpacked libraries differ, so that their frames would not be merged or
 * compared. The names are those of Pyroscope (jfr-parser of Grafana).
 */
final class StableClassNames {
  private static final String LAMBDA = "$$Lambda";

  /** Classes of reflection, numbered. */
  private static final Pattern ACCESSOR =
      Pattern.compile(
          "((?:jdk/internal|sun)/reflect/Generated(?:Method|Constructor|SerializationConstructor)"
              + "Accessor)\\d+");

  /** Libraries that Java programs unpack into a file of random name. */
  private static final List<Pattern> LIBRARIES =
      List.of(
          Pattern.compile("(?:\\.?/tmp/)?(libzstd-jni-)\\d+\\.\\d+\\.\\d+-\\d+(\\.so).*"),
          Pattern.compile("(?:\\.?/tmp/)?(libamazonCorrettoCryptoProvider)[0-9a-f]{16}(\\.so).*"),
          Pattern.compile("(?:\\.?/tmp/)?(libasyncProfiler)-[a-z0-9-]+-[0-9a-f]{38}(\\.so).*"));

  private StableClassNames() {}

  /** Returns a name without the parts that differ between processes. */
  static String of(String name) {
    int lambda = name.indexOf(LAMBDA);
    if (lambda > 0) {
      return name.substring(0, lambda + LAMBDA.length()) + "_";
    }
    if (name.contains("reflect/Generated")) {
      Matcher m = ACCESSOR.matcher(name);
      return m.matches() ? m.group(1) + "_" : name;
    }
    if (name.contains(".so")) {
      for (Pattern p : LIBRARIES) {
        Matcher m = p.matcher(name);
        if (m.matches()) {
          return m.group(1) + "_" + m.group(2);
        }
      }
    }
    return name;
  }
}
