package dev.tethys.api.insight;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.config.ConfigException;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.rules.EditedRules;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Merges, categories and names of entities at {@code /api/v1/insight/rules/edited}: the file that
 * the page of rules edits.
 */
public final class EntityRulesApi {
  private static final String PATH = "/api/v1/insight/rules/edited";

  /** Bytes of an entry in a response and while it is built. */
  private static final long ENTRY_BYTES = 2_000;

  /** Edited file of a server. */
  public interface Editor {
    /** Current contents of the file. */
    EditedRules current() throws IOException;

    /**
     * Changes the file durably and applies it.
     *
     * @throws ConfigException if the result is not valid; nothing has changed then
     * @throws IllegalArgumentException from the change
     */
    EditedRules change(UnaryOperator<EditedRules> change) throws IOException;

    /** Path of the file. */
    String path();
  }

  private final Editor editor;

  public EntityRulesApi(Editor editor) {
    this.editor = editor;
  }

  /** Adds the endpoints; must be called before the endpoints of Prometheus's API are added. */
  public void addTo(Routes routes) {
    routes.get(PATH, InsightAnswer.of(this::get));
    routes.post(PATH, InsightAnswer.of(this::add));
    routes.delete(PATH, InsightAnswer.of(this::remove));
  }

  private void get(HttpRequest request, TextBuffer out) throws IOException {
    InsightAnswer.checkTenant(request, "entities");
    try {
      write(editor.current(), request, out);
    } catch (ConfigException e) {
      throw new HttpException(503, String.valueOf(e.getMessage()));
    }
  }

  private void add(HttpRequest request, TextBuffer out) throws IOException {
    InsightAnswer.checkTenant(request, "entities");
    JsonNode body = JsonBody.read(request);
    EditedRules.Section section = section(JsonBody.text(body, "section"));
    EntityKind kind = kind(JsonBody.text(body, "kind"));
    String match = JsonBody.text(body, "match");
    String as = JsonBody.text(body, "as");
    change(request, body, rules -> rules.add(section, kind, match, as), out);
  }

  private void remove(HttpRequest request, TextBuffer out) throws IOException {
    InsightAnswer.checkTenant(request, "entities");
    JsonNode body = JsonBody.read(request);
    JsonNode line = body.get("line");
    if (line == null || !line.isInt()) {
      throw new HttpException(400, "line is not a number");
    }
    change(request, body, rules -> rules.remove(line.asInt()), out);
  }

  private void change(
      HttpRequest request, JsonNode body, UnaryOperator<EditedRules> change, TextBuffer out)
      throws IOException {
    String version = JsonBody.text(body, "version");
    EditedRules next;
    try {
      next =
          editor.change(
              rules -> {
                if (!version.isEmpty() && !version.equals(rules.version())) {
                  throw new HttpException(
                      409, "the file has changed meanwhile; read it again, then repeat the change");
                }
                return change.apply(rules);
              });
    } catch (ConfigException | IllegalArgumentException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new HttpException(503, "not written to disk: " + e.getMessage());
    }
    write(next, request, out);
  }

  private void write(EditedRules rules, HttpRequest request, TextBuffer out) {
    request.reserve(rules.text().length() * 4L + rules.entries().size() * ENTRY_BYTES);
    out.put("{\"file\":").json(editor.path()).put(",\"version\":").json(rules.version());
    EntityJson.list(rules.entries(), out.put(",\"entries\":"), EntityRulesApi::entry);
    out.put(",\"text\":").json(rules.text()).put('}');
  }

  private static void entry(EditedRules.EditedEntry e, TextBuffer out) {
    out.put("{\"section\":").json(e.section().key()).put(",\"line\":").number(e.line());
    out.put(",\"kind\":").json(e.kind()).put(",\"match\":").json(e.match());
    out.put(",\"as\":").json(e.as()).put('}');
  }

  private static EditedRules.Section section(String text) {
    for (EditedRules.Section s : EditedRules.Section.values()) {
      if (s.key().equals(text)) {
        return s;
      }
    }
    throw new HttpException(
        400, "unknown section \"" + text + "\"; allowed: merges, categories, names");
  }

  private static @Nullable EntityKind kind(String text) {
    return text.isEmpty() ? null : InsightApi.kind(text.toLowerCase(Locale.ROOT));
  }
}
