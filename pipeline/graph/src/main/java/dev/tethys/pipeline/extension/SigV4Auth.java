package dev.tethys.pipeline.extension;

import dev.tethys.config.CloudAuth;
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
 * {@code sigv4auth}: signatures of AWS for what exporters send over HTTP, by which its managed
 * Prometheus, OpenSearch, CloudWatch and X-Ray know who sends. Keys are found where AWS's programs
 * find them; keys of the extension are those of the Collector's.
 */
public final class SigV4Auth implements ExtensionFactory<CloudAuth.SigV4> {
  private record Role(String arn, String stsRegion) {}

  private static final Section ROLE = new Section("assume_role", "A role to take on.");
  private static final Key<String> ARN = ROLE.key("arn", Type.STRING, "", "The role's name.");
  private static final Key<String> STS_REGION =
      ROLE.key("sts_region", Type.STRING, "", "The region where it is taken on: that of region.");

  private static final Section SECTION = new Section("sigv4auth", "Signatures of AWS.");
  private static final Key<String> REGION =
      SECTION.key("region", Type.STRING, "", "Else that of the endpoint's name, or found.");
  private static final Key<String> SERVICE =
      SECTION.key("service", Type.STRING, "", "As aps or es; else that of the endpoint's name.");
  private static final Key<Role> ASSUME_ROLE =
      SECTION.key(
          "assume_role",
          ROLE.type(o -> new Role(o.get(ARN), o.get(STS_REGION))),
          new Role("", ""),
          ROLE.doc());

  static {
    ROLE.notBuilt("session_name", "The name of the session.");
    SECTION.notBuilt(
        "assume_role_with_web_identity",
        "The variables AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE say the same.");
  }

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
    String region = o.get(REGION);
    if (!role.stsRegion.isEmpty() && !role.stsRegion.equals(region)) {
      throw o.error(
          ASSUME_ROLE,
          "sts_region: a role is taken on in the region that requests are signed for; write the"
              + " same in region, or leave it out");
    }
    return new CloudAuth.SigV4(region, "", Secret.NONE, "", role.arn, "", false, o.get(SERVICE));
  }

  @Override
  public Extension create(CloudAuth.SigV4 settings, Context context) {
    return new Running(settings);
  }

  private record Running(CloudAuth.SigV4 cloud) implements Extension, ClientAuth {
    @Override
    public Map<String, String> headers() throws IOException {
      throw new IOException(
          "sigv4auth signs whole requests of HTTP, which this component does not send through it");
    }
  }
}
