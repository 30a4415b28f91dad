package dev.tethys.codec.template.html;

import dev.tethys.codec.template.GoStrings;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateFunction.Parameter;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Functions that behave differently in HTML output. */
public final class HtmlFunctions {
  /** Functions whose explicitly escaped output is not escaped again. */
  public static final Map<String, TemplateFunction> ALL =
      Map.of(
          "html",
          TemplateFunction.variadic(
              a -> new SafeText(SafeText.Kind.HTML, GoStrings.html(joined(a))), Parameter.ANY),
          "urlquery",
          TemplateFunction.variadic(
              a -> new QueryText(GoStrings.queryEscape(joined(a))), Parameter.ANY));

  private HtmlFunctions() {}

  private static String joined(@Nullable Object[] args) {
    return Arrays.stream(args).map(GoStrings::print).collect(Collectors.joining());
  }
}
