package dev.tethys.codec.template;

import dev.tethys.codec.template.TemplateNode.Body;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Templates by name, parsed from one or more strings, which may call each other. Immutable once
 * parsed: may be executed by several threads concurrently.
 */
public final class Template {
  /** Named template with its source text, for errors. */
  record Defined(String source, String text, Body body) {}

  private final String name;
  private final Map<String, Defined> templates;
  private final MissingKey missingKey;

  private Template(String name, Map<String, Defined> templates, MissingKey missingKey) {
    this.name = name;
    this.templates = templates;
    this.missingKey = missingKey;
  }

  /**
   * Parses a text.
   *
   * @param name name in errors and for execution
   * @param functions names that it may call in addition to the built-in ones
   * @throws TemplateException if it is not valid
   */
  public static Template parse(
      String name, String text, Map<String, TemplateFunction> functions, MissingKey missingKey) {
    return new Template(name, Map.of(), missingKey).with(name, text, functions);
  }

  /**
   * Copy with the templates of another text, which replace templates of the same name unless they
   * are empty.
   */
  public Template with(String source, String text, Map<String, TemplateFunction> functions) {
    Map<String, Body> parsed =
        new TemplateParser(
                source, text, f -> Builtins.ALL.containsKey(f) || functions.containsKey(f))
            .parse();
    Map<String, Defined> all = new HashMap<>(templates);
    parsed.forEach(
        (n, body) -> {
          if (!all.containsKey(n) || !TemplateParser.isEmpty(body)) {
            all.put(n, new Defined(source, text, body));
          }
        });
    return new Template(name, all, missingKey);
  }

  /**
   * Executes it.
   *
   * @param data value of the dot
   * @param functions the functions it was parsed with
   * @throws TemplateException if something in it fails or a limit is reached
   */
  public String execute(
      @Nullable Object data, Map<String, TemplateFunction> functions, TemplateLimits limits) {
    return execute(name, data, functions, limits);
  }

  /**
   * Executes it.
   *
   * @param output writes text and values; used for this execution alone
   */
  public String execute(
      @Nullable Object data,
      Map<String, TemplateFunction> functions,
      TemplateLimits limits,
      TemplateOutput output) {
    return execute(name, data, functions, limits, output);
  }

  /** Executes another template of the set. */
  public String execute(
      String template,
      @Nullable Object data,
      Map<String, TemplateFunction> functions,
      TemplateLimits limits) {
    return execute(template, data, functions, limits, TemplateOutput.PLAIN);
  }

  /**
   * Executes a template of the set.
   *
   * @param output converts the results to text; used for this execution alone
   */
  public String execute(
      String template,
      @Nullable Object data,
      Map<String, TemplateFunction> functions,
      TemplateLimits limits,
      TemplateOutput output) {
    Defined d = templates.get(template);
    if (d == null) {
      throw new TemplateException(
          "template: no template "
              + dev.tethys.model.GoQuote.quote(template)
              + " associated with template "
              + dev.tethys.model.GoQuote.quote(name));
    }
    return new Execution(this, functions, limits, output).run(template, d, data);
  }

  @Nullable Defined find(String template) {
    return templates.get(template);
  }

  MissingKey missingKey() {
    return missingKey;
  }
}
