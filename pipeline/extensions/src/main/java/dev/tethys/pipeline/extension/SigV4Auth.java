package dev.tethys.pipeline.extension;

import dev.tethys.config.CloudAuth;
import dev.tethys.config.CloudAuth.SigV4.RoleSession;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import java.io.IOException;
import java.util.Map;

/**
 * {@code sigv4auth}: AWS signatures for exporter requests over HTTP, which authenticate the sender
 * to AWS's managed Prometheus, OpenSearch, CloudWatch and X-Ray. Credentials are found like in
 * AWS's own programs; keys of the extension are the Collector's.
 */
public final class SigV4Auth implements ExtensionFactory<CloudAuth.SigV4> {
  private record Role(String arn, String externalId, RoleSession session) {}

  private static final Section ROLE = new Section("assume_role", "Role to assume.");
  private static final Key<String> ARN = ROLE.key("arn", Type.STRING, "", "ARN of the role.");
  private static final Key<String> STS_REGION =
      ROLE.key("sts_region", Type.STRING, "", "Region of the STS endpoint; by default region.");
  private static final Key<String> SESSION_NAME =
      ROLE.key("session_name", Type.STRING, "", "Name of the session, shown in AWS logs.");
  private static final Key<String> EXTERNAL_ID =
      ROLE.key("external_id", Type.STRING, "", "External ID that the role requires.");
  private static final Key<String> ROLE_TOKEN_FILE =
      ROLE.key(
          "web_identity_token_file",
          Type.PATH,
          "",
          "File with a web identity token, by which the role is assumed; read for each use.");

  private static final Section WEB_IDENTITY =
      new Section("assume_role_with_web_identity", "Role to assume with a web identity token.");
  private static final Key<String> WEB_ARN =
      WEB_IDENTITY.required("arn", Type.STRING, "ARN of the role.");
  private static final Key<String> TOKEN_FILE =
      WEB_IDENTITY.required("token_file", Type.PATH, "File with the token; read for each use.");
  private static final Key<String> WEB_REGION =
      WEB_IDENTITY.key("sts_region", Type.STRING, "", "Region of the STS endpoint.");
  private static final Key<String> WEB_SESSION =
      WEB_IDENTITY.key("session_name", Type.STRING, "", "Name of the session.");

  private static final Section SECTION =
      new Section("sigv4auth", "AWS request signing (Signature Version 4).");
  private static final Key<String> REGION =
      SECTION.key(
          "region",
          Type.STRING,
          "",
          "AWS region; by default taken from the endpoint's host name or the " + "environment.");
  private static final Key<String> SERVICE =
      SECTION.key(
          "service",
          Type.STRING,
          "",
          "AWS service, such as aps or es; by default taken from the endpoint's " + "host name.");
  private static final Key<Role> ASSUME_ROLE =
      SECTION.key(
          "assume_role",
          ROLE.type(SigV4Auth::role),
          new Role("", "", RoleSession.USUAL),
          ROLE.doc());
  private static final Key<Role> BY_TOKEN =
      SECTION.optional(
          "assume_role_with_web_identity",
          WEB_IDENTITY.type(
              o ->
                  new Role(
                      o.get(WEB_ARN),
                      "",
                      new RoleSession(o.get(WEB_SESSION), o.get(WEB_REGION), o.get(TOKEN_FILE)))),
          WEB_IDENTITY.doc());

  @Override
  public String type() {
    return "sigv4auth";
  }

  @Override
  public String about() {
    return "Signatures of AWS for the requests of exporters.";
  }

  @Override
  public Type<CloudAuth.SigV4> settings() {
    return SECTION.type(SigV4Auth::read);
  }

  private static CloudAuth.SigV4 read(YamlObject o) {
    Role role = o.get(ASSUME_ROLE);
    Role byToken = o.find(BY_TOKEN);
    if (byToken != null && !role.arn.isEmpty()) {
      throw o.error(
          BY_TOKEN, "assume_role and assume_role_with_web_identity are mutually " + "exclusive");
    }
    role = byToken == null ? role : byToken;
    return new CloudAuth.SigV4(
        o.get(REGION),
        "",
        Secret.NONE,
        "",
        role.arn,
        role.externalId,
        false,
        o.get(SERVICE),
        role.session);
  }

  private static Role role(YamlObject o) {
    RoleSession s = new RoleSession(o.get(SESSION_NAME), o.get(STS_REGION), o.get(ROLE_TOKEN_FILE));
    if (o.get(ARN).isEmpty() && !s.equals(RoleSession.USUAL)) {
      throw o.error("assume_role requires arn");
    }
    return new Role(o.get(ARN), o.get(EXTERNAL_ID), s);
  }

  @Override
  public Extension create(CloudAuth.SigV4 settings, Context context) {
    return new Running(settings);
  }

  private record Running(CloudAuth.SigV4 cloud) implements Extension, ClientAuth {
    @Override
    public Map<String, String> headers() throws IOException {
      throw new IOException(
          "sigv4auth signs complete HTTP requests, which this component does not support");
    }
  }
}
