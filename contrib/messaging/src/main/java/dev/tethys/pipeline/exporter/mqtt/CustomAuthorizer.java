package dev.tethys.pipeline.exporter.mqtt;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;

/**
 * Parameters of a custom authorizer at AWS IoT, appended to the user name (AWS IoT Core's developer
 * guide, "Connecting to AWS IoT Core by using custom authentication").
 *
 * @param name authorizer name, or "" for the endpoint's default
 * @param tokenKey key of its token; "" for none
 * @param signature signature of the token in Base64, made with the authorizer's key; empty if none
 */
record CustomAuthorizer(String name, String tokenKey, Secret token, Secret signature) {
  private static final Section SECTION =
      new Section("custom_authorizer", "Custom authorizer of AWS IoT.");
  private static final Key<String> NAME =
      SECTION.key(
          "name",
          Type.STRING,
          "",
          "Name of the authorizer; by default the authorizer of the endpoint.");
  private static final Key<String> TOKEN_KEY =
      SECTION.key("token_key_name", Type.STRING, "", "Name of the authorizer's token.");
  private static final Key<Secret> TOKEN =
      SECTION.key("token", Type.SECRET, Secret.NONE, "Token for the authorizer.");
  private static final Key<Secret> SIGNATURE =
      SECTION.key(
          "token_signature",
          Type.SECRET,
          Secret.NONE,
          "Signature of the token in Base64, for authorizers that verify one.");

  static final Type<CustomAuthorizer> TYPE = SECTION.type(CustomAuthorizer::read);

  private static CustomAuthorizer read(YamlObject o) {
    if (o.get(TOKEN_KEY).isEmpty() != o.get(TOKEN).isEmpty()) {
      throw o.error("custom_authorizer: token_key_name and token must be set together");
    }
    if (!o.get(SIGNATURE).isEmpty() && o.get(TOKEN).isEmpty()) {
      throw o.error(SIGNATURE, "token_signature requires a token");
    }
    return new CustomAuthorizer(o.get(NAME), o.get(TOKEN_KEY), o.get(TOKEN), o.get(SIGNATURE));
  }

  /** Returns the user name with all parameters. */
  String user(String username) {
    StringJoiner parameters = new StringJoiner("&", username + "?", "").setEmptyValue(username);
    add(parameters, "x-amz-customauthorizer-name", name);
    add(parameters, "x-amz-customauthorizer-signature", signature.value());
    add(parameters, tokenKey, token.value());
    return parameters.toString();
  }

  private static void add(StringJoiner parameters, String key, String value) {
    if (!value.isEmpty()) {
      parameters.add(encoded(key) + "=" + encoded(value));
    }
  }

  private static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
