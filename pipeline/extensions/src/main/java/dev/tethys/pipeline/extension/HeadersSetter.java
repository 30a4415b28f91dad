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
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code headers_setter}: headers for the requests of exporters, fixed or of who sent a batch. */
public final class HeadersSetter implements ExtensionFactory<HeadersSetter.Settings> {
  /** The settings. */
  public record Settings(List<Header> headers, @Nullable Reference additional) {}

  /**
   * A header: a value, or what a file holds, or what the sender said under a name, or a default for
   * that.
   *
   * @param file "" for none
   * @param from header of the sender; "" for none
   * @param attribute of the authentication of the sender; "" for none
   */
  public record Header(
      String key,
      @Nullable String value,
      String file,
      String from,
      String attribute,
      @Nullable String otherwise) {}

  private static final Section HEADER = new Section("header", "Header to set.");
  private static final Key<String> ACTION =
      HEADER.key("action", Type.STRING, "upsert", "How the header is set: upsert or insert.");
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
    String action = o.get(ACTION);
    if (!action.equals("upsert") && !action.equals("insert")) {
      throw o.error(
          ACTION,
          "action \""
              + action
              + "\" is not built: upsert and insert are, delete and"
              + " update are not");
    }
    String value = o.find(VALUE);
    String from = o.get(FROM);
    String file = o.get(VALUE_FILE);
    String attribute = o.get(FROM_ATTRIBUTE);
    if ((value == null ? 0 : 1) + Stream.of(from, file, attribute).filter(s -> !s.isEmpty()).count()
        != 1) {
      throw o.error(
          "a header requires one of value, value_file and from_context, or from_attribute");
    }
    return new Header(o.get(NAME), value, file, from, attribute, o.find(DEFAULT));
  }

  @Override
  public Extension create(Settings settings, Context context) {
    ClientAuth more =
        settings.additional == null
            ? null
            : context.extension(settings.additional, ClientAuth.class);
    return new Running(settings, more);
  }

  private record Running(Settings settings, @Nullable ClientAuth more)
      implements Extension, ClientAuth {
    @Override
    public Map<String, String> headers() throws IOException {
      Map<String, String> out =
          new LinkedHashMap<>(more == null ? Map.<String, String>of() : more.headers());
      for (Header h : settings.headers) {
        if (h.value != null || !h.file.isEmpty()) {
          out.put(h.key, SecretFile.valueOr(h.value == null ? "" : h.value, h.file));
        }
      }
      return out;
    }

    @Override
    public Map<String, String> headers(Metadata metadata) {
      Map<String, String> out =
          new LinkedHashMap<>(more == null ? Map.<String, String>of() : more.headers(metadata));
      for (Header h : settings.headers) {
        if (!h.from.isEmpty() || !h.attribute.isEmpty()) {
          List<String> values = metadata.get(h.from);
          String found =
              !h.attribute.isEmpty()
                  ? metadata.client().auth().get(h.attribute)
                  : values.isEmpty() ? null : values.getFirst();
          String v = found == null ? h.otherwise : found;
          if (v != null) {
            out.put(h.key, v);
          }
        }
      }
      return out;
    }

    @Override
    public void refused() {
      if (more != null) {
        more.refused();
      }
    }
  }
}
