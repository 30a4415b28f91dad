package dev.tethys.pipeline.processor.transform;

import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import dev.tethys.pipeline.processor.sampling.AdjustedCount;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Editors and converters of spans. */
final class SpanFunctions {
  private static final Pattern VERSION = Pattern.compile("v?1\\.(\\d{1,4})(\\.\\d{1,4})?");

  /** Versions 1.x of the semantic conventions with these span names. */
  private static final int FIRST = 37;

  private static final int LAST = 43;

  private SpanFunctions() {}

  static List<OttlFunction> all() {
    return List.of(
        OttlFunction.editor("set_semconv_span_name")
            .in(OttlContext.SPAN)
            .takes("semconv_version", ParameterKind.LITERAL_STRING)
            .mayTake("original_span_name_attribute", ParameterKind.LITERAL_STRING)
            .made(
                a -> {
                  Matcher m = VERSION.matcher(a.string(0, ""));
                  int minor = m.matches() ? Integer.parseInt(m.group(1)) : -1;
                  if (minor < FIRST || minor > LAST) {
                    throw a.error(
                        0,
                        "span names are available for semantic conventions 1."
                            + FIRST
                            + ".0 to 1."
                            + LAST
                            + ".0");
                  }
                  boolean keeps = a.has(1);
                  String original = a.string(1, "");
                  if (keeps && original.isEmpty()) {
                    throw a.error(1, "an attribute without a name");
                  }
                  return at -> {
                    Span s = at.span();
                    String before = s.name();
                    String name = SpanNames.of(s);
                    if (!name.equals(before)) {
                      s.setName(name);
                      if (keeps) {
                        s.attributes().put(original, before);
                      }
                    }
                    return null;
                  };
                }),
        OttlFunction.converter("AdjustedCount", Type.DOUBLE)
            .in(OttlContext.SPAN, OttlContext.SPAN_EVENT, OttlContext.SPAN_LINK)
            .impure()
            .made(_ -> at -> AdjustedCount.of(at.span().traceState())));
  }
}
