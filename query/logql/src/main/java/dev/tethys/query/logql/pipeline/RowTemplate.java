package dev.tethys.query.logql.pipeline;

import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.MissingKey;
import dev.tethys.codec.template.Template;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateLimits;
import dev.tethys.codec.template.TemplateOutput;
import dev.tethys.model.cancellation.Cancellation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Go template over the labels of rows of one thread. A template of texts and plain labels writes
 * bytes; any other is executed with the labels as a map.
 */
final class RowTemplate {
  private static final TemplateLimits LIMITS =
      new TemplateLimits(16 << 20, 100, 1_000_000, Duration.ofSeconds(5));

  private static final Pattern FIELD =
      Pattern.compile("\\{\\{\\s*\\.([a-zA-Z_][a-zA-Z0-9_]*)\\s*}}");

  private final NameTable names;
  private final @Nullable Template template;
  private final Map<String, TemplateFunction> functions;
  private final TemplateFunctions row;

  // parts of a plain template, in turn: a text, then the name of a label
  private final List<byte[]> texts = new ArrayList<>();
  private int[] fields = {};

  /**
   * Parses a template.
   *
   * @param name name in messages
   * @throws TemplateException if it is not valid
   */
  RowTemplate(NameTable names, String name, String text) {
    this.names = names;
    row = new TemplateFunctions();
    functions = row.all();
    template = plain(text) ? null : Template.parse(name, text, functions, MissingKey.ZERO);
  }

  private boolean plain(String text) {
    Matcher m = FIELD.matcher(text);
    List<Integer> ids = new ArrayList<>();
    List<String> between = new ArrayList<>();
    int from = 0;
    while (m.find()) {
      between.add(text.substring(from, m.start()));
      ids.add(names.id(m.group(1)));
      from = m.end();
    }
    between.add(text.substring(from));
    if (between.stream().anyMatch(t -> t.contains("{{"))) {
      return false;
    }
    between.forEach(t -> texts.add(t.getBytes(StandardCharsets.UTF_8)));
    fields = ids.stream().mapToInt(Integer::intValue).toArray();
    return true;
  }

  /**
   * Writes the result into the arena of a row and returns its start; it ends at the used size of
   * the arena.
   */
  int write(Row r) {
    Template t = template;
    if (t != null) {
      Cancellation.check();
      byte[] made = execute(t, r).getBytes(StandardCharsets.UTF_8);
      int from = r.reserve(made.length);
      System.arraycopy(made, 0, r.arena(), from, made.length);
      end = from + made.length;
      r.used(end);
      return from;
    }
    long room = 0;
    for (byte[] b : texts) {
      room += b.length;
    }
    for (int id : fields) {
      int s = r.find(id);
      room += s < 0 ? 0 : r.lengthAt(s);
    }
    int from = r.reserve(room);
    byte[] out = r.arena();
    int at = from;
    for (int i = 0; i < texts.size(); i++) {
      byte[] b = texts.get(i);
      System.arraycopy(b, 0, out, at, b.length);
      at += b.length;
      int s = i < fields.length ? r.find(fields[i]) : -1;
      if (s >= 0) {
        System.arraycopy(r.bufferAt(s), r.fromAt(s), out, at, r.lengthAt(s));
        at += r.lengthAt(s);
      }
    }
    end = at;
    r.used(at);
    return from;
  }

  private int end;

  /** Returns the end of the last result. */
  int end() {
    return end;
  }

  private String execute(Template t, Row r) {
    Map<String, String> labels = new HashMap<>();
    for (int s = 0; s < r.slots(); s++) {
      if (r.holds(s)) {
        labels.put(names.name(r.nameAt(s)), r.textAt(s));
      }
    }
    row.of(r);
    return t.execute(
        GoMap.ofStrings(labels),
        functions,
        LIMITS,
        new TemplateOutput() {
          @Override
          public String text(String literal) {
            return literal;
          }

          @Override
          public String value(@Nullable Object value) {
            return PLAIN.value(value);
          }

          @Override
          public void made(int units) {
            r.made(units);
          }
        });
  }
}
