package dev.tethys.pipeline.receiver.log;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.pipeline.operators.Entry;
import dev.tethys.pipeline.operators.OperatorChain;
import dev.tethys.pipeline.operators.OperatorConfig;
import dev.tethys.pipeline.operators.OperatorReport;
import java.util.List;

/**
 * Attributes of all records of a file, parsed from its first lines.
 *
 * @param lines pattern that matches header lines
 * @param operators convert each header line to attributes
 */
record HeaderAttributes(Pattern lines, List<OperatorConfig> operators) {
  private static final Section SECTION =
      new Section("header", "Header lines with metadata of the file.");
  private static final Key<String> PATTERN =
      SECTION.required("pattern", Type.STRING, "Regular expression that header lines match.");
  private static final Key<List<OperatorConfig>> OPERATORS =
      SECTION.required(
          "metadata_operators",
          OperatorConfig.LIST,
          "Operators that turn header lines into attributes.");

  /** Configuration type. */
  static final Type<HeaderAttributes> TYPE = SECTION.type(HeaderAttributes::read);

  private static HeaderAttributes read(YamlObject o) {
    List<OperatorConfig> operators = o.get(OPERATORS);
    if (operators.isEmpty()) {
      throw o.error(OPERATORS, "metadata_operators names no operator");
    }
    OperatorChain.check(operators);
    try {
      return new HeaderAttributes(Pattern.compile(o.get(PATTERN)), operators);
    } catch (PatternSyntaxException e) {
      throw o.error(PATTERN, "not a regular expression: " + e.getMessage());
    }
  }

  /**
   * Attributes from header lines; the last value of a repeated attribute counts.
   *
   * @param header lines separated by line feeds
   * @param report receives operator failures
   */
  Attributes of(String header, OperatorReport report) throws InterruptedException {
    Attributes out = new Attributes();
    OperatorChain chain =
        OperatorChain.of(
            operators,
            e -> {
              Attributes a = e.record().attributes();
              for (int i = 0; i < a.size(); i++) {
                out.put(a.key(i), a.value(i));
              }
            },
            report);
    for (String line : header.split("\n", -1)) {
      LogRecord r = new LogRecord();
      r.setBody(line);
      chain.accept(new Entry(r, new Attributes(), null));
    }
    return out;
  }
}
