package dev.tethys.alert.rule;

import dev.tethys.alert.template.PrometheusFunctions;
import dev.tethys.codec.template.MissingKey;
import dev.tethys.codec.template.Template;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateLimits;
import dev.tethys.codec.template.TemplateOutput;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The template of one label or annotation of an alert. Text without braces is itself, at no cost.
 */
final class AlertTemplate {
  /** Variables whose use does not require the template parser. */
  private static final String VARIABLES =
      "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}"
          + "{{$externalURL := .ExternalURL}}{{$value := .Value}}";

  /** Functions for parsing, where only their names matter. */
  private static final Map<String, TemplateFunction> NAMES =
      PrometheusFunctions.of((q, t) -> List.of(), 0, URI.create(""));

  private final String name;
  private final String text;
  private final @Nullable Template template;
  private final @Nullable TemplateException broken;

  private AlertTemplate(
      String name, String text, @Nullable Template template, @Nullable TemplateException broken) {
    this.name = name;
    this.text = text;
    this.template = template;
    this.broken = broken;
  }

  /**
   * Parses it.
   *
   * @throws TemplateException if it is not valid
   */
  static AlertTemplate of(String alert, String text) {
    String name = "__alert_" + alert;
    return new AlertTemplate(
        name,
        text,
        text.contains("{{") ? Template.parse(name, VARIABLES + text, NAMES, MissingKey.ZERO) : null,
        null);
  }

  /**
   * Parses the template; if it is invalid, expanding it reports the error. Labels of groups are not
   * checked earlier.
   */
  static AlertTemplate orBroken(String alert, String text) {
    try {
      return of(alert, text);
    } catch (TemplateException e) {
      return new AlertTemplate("__alert_" + alert, text, null, e);
    }
  }

  /** Whether the text is constant. */
  boolean isConstant() {
    return template == null && broken == null;
  }

  /**
   * Whether its text depends only on labels and value: it runs no query and does not use the time.
   */
  boolean isStable() {
    return template == null || !text.contains("query") && !text.contains("now");
  }

  /**
   * Expands it.
   *
   * @param output counts the output of functions
   * @throws TemplateException with Prometheus's words
   */
  String expand(
      @Nullable Object data, Map<String, TemplateFunction> functions, TemplateOutput output) {
    if (broken != null) {
      throw new TemplateException("error parsing template " + name + ": " + broken.reason());
    }
    if (template == null) {
      return text;
    }
    try {
      return template.execute(data, functions, TemplateLimits.DEFAULT, output);
    } catch (TemplateException e) {
      throw new TemplateException("error executing template " + name + ": " + e.reason());
    }
  }
}
