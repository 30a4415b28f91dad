package dev.tethys.pipeline.extension;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.Reference;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code headers_setter}: sets exporter request headers to fixed values or to values from the
 * sender of a batch.
 */
public final class HeadersSetter implements ExtensionFactory<HeadersSetter.Settings> {
  /** The settings. */
  public record Settings(List<Header> headers, @Nullable Reference additional) {}

  /** Action on a header. */
  enum Action {
    UPSERT,
    INSERT,
    UPDATE,
    DELETE
  }

  /**
   * A header, set to a value, the content of a file, or a value of the sender's request with a
   * default.
   *
   * @param file "" for none
   * @param from header of the sender; "" for none
   * @param attribute attribute of the sender's authentication, or "" for none
   */
  public record Header(
      Action action,
      String key,
      @Nullable String value,
      String file,
      String from,
      String attribute,
      @Nullable String otherwise) {}

  private static final Section HEADER = new Section("header", "Header to set.");
  private static final Key<Action> ACTION =
      HEADER.key(
          "action",
          Type.lowerCase("action", Action.class),
          Action.UPSERT,
          "Change of the header: upsert sets it, insert only if it is absent, update only if it is"
              + " there; delete removes it.");
  private static final Key<String> NAME =
      HEADER.required("key", Type.STRING, "Name of the header.");
  private static final Key<String> VALUE =
      HEADER.optional("value", Type.STRING, "Value of the header.");
  private static final Key<String> VALUE_FILE =
      HEADER.key("value_file", Type.PATH, "", "File with the value; read for each request.");
  private static final Key<String> FROM =
      HEADER.key(
          "from_context", Type.STRING, "", "Header of the sender's request whose value is used.");
  private static final Key<String> DEFAULT =
      HEADER.optional("default_value", Type.STRING, "Value used if the sender's request has none.");

  private static final Key<String> FROM_ATTRIBUTE =
      HEADER.key(
          "from_attribute",
          Type.STRING,
          "",
          "Attribute of the authentication of the sender, such as username, whose value is used.");

  private static final Section SECTION = new Section("headers_setter", "Sets headers of requests.");
  private static final Key<List<Header>> HEADERS =
      SECTION.key(
          "headers", Type.list(HEADER.type(HeadersSetter::header)), List.of(), "Headers to set.");
  private static final Key<Reference> ADDITIONAL =
      SECTION.optional(
          "additional_auth", Reference.TYPE, "Additional authenticator of the same requests.");

  @Override
  public String type() {
    return "headers_setter";
  }

  @Override
  public String about() {
    return "Headers for the requests of exporters, fixed or taken from who sent a batch.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(o -> new Settings(o.get(HEADERS), o.find(ADDITIONAL)));
  }

  private static Header header(YamlObject o) {
    Action action = o.get(ACTION);
    String value = o.find(VALUE);
    String from = o.get(FROM);
    String file = o.get(VALUE_FILE);
    String attribute = o.get(FROM_ATTRIBUTE);
    if (action != Action.DELETE
        && (value == null ? 0 : 1)
                + Stream.of(from, file, attribute).filter(s -> !s.isEmpty()).count()
            != 1) {
      throw o.error(
          "a header requires one of value, value_file and from_context, or from_attribute");
    }
    return new Header(action, o.get(NAME), value, file, from, attribute, o.find(DEFAULT));
  }

  @Override
  public Extension create(Settings settings, Context context) {
    ClientAuth more =
        settings.additional == null
            ? null
            : context.extension(settings.additional, ClientAuth.class);
    return new Running(settings, more);
  }

  /**
   * Headers while the graph runs. Upserts are added to those of a request. With other actions, all
   * are applied in order to the complete headers; until then the sender's values are kept with the
   * request under private names.
   */
  private record Running(Settings settings, @Nullable ClientAuth more)
      implements Extension, ClientAuth {
    private boolean isOrdered() {
      return settings.headers.stream().anyMatch(h -> h.action != Action.UPSERT);
    }

    private static boolean isOfSender(Header h) {
      return !h.from.isEmpty() || !h.attribute.isEmpty();
    }

    private static String privateName(Header h) {
      String source = h.attribute.isEmpty() ? h.from : "auth:" + h.attribute;
      return PRIVATE + source.toLowerCase(Locale.ROOT);
    }

    private static String value(Header h) throws IOException {
      return SecretFile.valueOr(h.value == null ? "" : h.value, h.file);
    }

    @Override
    public Map<String, String> headers() throws IOException {
      Map<String, String> out =
          new LinkedHashMap<>(more == null ? Map.<String, String>of() : more.headers());
      for (Header h : settings.headers) {
        if (h.action == Action.UPSERT && !isOfSender(h)) {
          out.put(h.key, value(h));
        }
      }
      return out;
    }

    @Override
    public Map<String, String> headers(Metadata metadata) {
      Map<String, String> out =
          new LinkedHashMap<>(more == null ? Map.<String, String>of() : more.headers(metadata));
      boolean ordered = isOrdered();
      for (Header h : settings.headers) {
        if (isOfSender(h) && h.action != Action.DELETE) {
          List<String> values = metadata.get(h.from);
          String found =
              !h.attribute.isEmpty()
                  ? metadata.client().auth().get(h.attribute)
                  : values.isEmpty() ? null : values.getFirst();
          String v = ordered || found != null ? found : h.otherwise;
          if (v != null) {
            out.put(ordered ? privateName(h) : h.key, v);
          }
        }
      }
      return out;
    }

    @Override
    public void edit(Map<String, String> headers) throws IOException {
      if (more != null) {
        more.edit(headers);
      }
      if (!isOrdered()) {
        return;
      }
      for (Header h : settings.headers) {
        boolean there = headers.keySet().stream().anyMatch(h.key::equalsIgnoreCase);
        boolean applies =
            switch (h.action) {
              case UPSERT, DELETE -> true;
              case INSERT -> !there;
              case UPDATE -> there;
            };
        String v =
            !applies || h.action == Action.DELETE
                ? null
                : isOfSender(h) ? headers.getOrDefault(privateName(h), h.otherwise) : value(h);
        if (applies && (v != null || h.action == Action.DELETE)) {
          headers.keySet().removeIf(h.key::equalsIgnoreCase);
        }
        if (v != null) {
          headers.put(h.key, v);
        }
      }
    }

    @Override
    public void refused() {
      if (more != null) {
        more.refused();
      }
    }
  }
}
