package dev.tethys.pipeline.processor.generation;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rule that derives a metric from one or two others.
 *
 * @param second null if the first is scaled
 * @param scaleBy factor; ignored with a second metric
 */
record GenerationRule(
    String name,
    String unit,
    String first,
    @Nullable String second,
    Operation operation,
    double scaleBy) {

  /** Operation on two numbers. */
  enum Operation {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    PERCENT;

    /** Computes the result; NaN for a division by zero. */
    double of(double a, double b) {
      return switch (this) {
        case ADD -> a + b;
        case SUBTRACT -> a - b;
        case MULTIPLY -> a * b;
        case DIVIDE -> b == 0 ? Double.NaN : a / b;
        case PERCENT -> b == 0 ? Double.NaN : a / b * 100;
      };
    }
  }

  private static final Section SECTION = new Section("rule", "Rule that generates a metric.");
  private static final Key<String> NAME =
      SECTION.required("name", Type.STRING, "Name of the new metric.");
  private static final Key<String> UNIT =
      SECTION.key("unit", Type.STRING, "", "Unit of the new metric.");
  private static final Key<String> TYPE =
      SECTION.required(
          "type",
          Type.oneOf("type", List.of("calculate", "scale")),
          "Type of the rule: calculate combines two metrics, scale a metric and " + "a number.");
  private static final Key<String> METRIC_1 =
      SECTION.required("metric1", Type.STRING, "First operand, a gauge or a sum.");
  private static final Key<String> METRIC_2 =
      SECTION.key("metric2", Type.STRING, "", "Second operand, a gauge or a sum.");
  private static final Key<Operation> OPERATION =
      SECTION.required(
          "operation",
          Type.lowerCase("operation", Operation.class),
          "Operation of calculate: add, subtract, multiply, divide or percent.");
  private static final Key<Double> SCALE_BY =
      SECTION.key("scale_by", Type.FLOAT, 0.0, "Second operand of scale.");

  static final Type<GenerationRule> RULE = SECTION.type(GenerationRule::read);

  private static GenerationRule read(YamlObject o) {
    String name = o.get(NAME);
    if (name.isEmpty()) {
      throw o.error(NAME, "is empty; it must be the name of the new metric");
    }
    String first = o.get(METRIC_1);
    if (first.isEmpty()) {
      throw o.error(METRIC_1, "is empty; it must be the name of the first operand");
    }
    String second = o.get(METRIC_2);
    boolean scale = o.get(TYPE).equals("scale");
    if (!scale && second.isEmpty()) {
      throw o.error("metric2 is missing, which type calculate needs");
    }
    double by = o.get(SCALE_BY);
    if (scale && !(by > 0)) {
      throw o.error("scale_by must be a number greater than 0 with type scale");
    }
    if (name.equals(first) || name.equals(second)) {
      throw o.error(
          NAME,
          "is that of "
              + (name.equals(first) ? "metric1" : "metric2")
              + "; choose another name for the new metric");
    }
    return new GenerationRule(
        name, o.get(UNIT), first, scale ? null : second, o.get(OPERATION), by);
  }
}
