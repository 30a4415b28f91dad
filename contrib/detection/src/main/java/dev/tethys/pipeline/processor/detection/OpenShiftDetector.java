package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.HttpClientConfig.Authorization;
import dev.tethys.config.Key;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.client.ClientTlsSettings;
import dev.tethys.web.kubernetes.ClusterAccess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads attributes of an OpenShift cluster and its cloud from the OpenShift API. */
final class OpenShiftDetector implements Detector {
  private static final String INFRASTRUCTURE =
      "/apis/config.openshift.io/v1/infrastructures/cluster";

  private static final Section SECTION = new Section("openshift", "OpenShift cluster.");
  private static final Key<String> ADDRESS =
      SECTION.key(
          "address",
          Type.STRING,
          "",
          "URL of the cluster API; by default that of the pod's cluster.");
  private static final Key<Secret> TOKEN =
      SECTION.key(
          "token",
          Type.SECRET,
          Secret.NONE,
          "Token of requests; by default that of the pod's service account.");
  private static final Key<ClientTlsSettings> TLS =
      SECTION.optional(
          "tls", ClientTlsSettings.TYPE, "TLS settings, instead of the service account's ca.crt.");
  private static final Key<RequestedAttributes> WANTED =
      RequestedAttributes.key(
          SECTION,
          Set.of("cloud.platform", "cloud.provider", "cloud.region", "k8s.cluster.name"),
          Set.of());
  static final Type<Detector> TYPE =
      SECTION.type(
          o -> {
            String address = o.get(ADDRESS);
            if (!address.isEmpty() && !address.matches("https?://[^/?#]+/?")) {
              throw o.error(ADDRESS, "address must be a URL such as https://api.example.com:6443");
            }
            return new OpenShiftDetector(address, o.get(TOKEN), o.find(TLS), o.get(WANTED));
          });

  private final String address;
  private final Secret token;
  private final @Nullable ClientTlsSettings tls;
  private final RequestedAttributes wanted;

  private OpenShiftDetector(
      String address, Secret token, @Nullable ClientTlsSettings tls, RequestedAttributes wanted) {
    this.address = address;
    this.token = token;
    this.tls = tls;
    this.wanted = wanted;
  }

  @Override
  public Attributes detect(DetectionEnvironment place) throws IOException, InterruptedException {
    JsonNode status = new KubernetesApi(place, access(place)).ask(INFRASTRUCTURE).path("status");
    JsonNode of = status.path("platformStatus");
    Attributes a = new Attributes();
    wanted.put(a, "k8s.cluster.name", orNull(status.path("infrastructureName").asString("")));
    switch (of.path("type").asString("").toLowerCase(Locale.ROOT)) {
      case "aws" -> cloud(a, "aws", "aws_openshift", of.path("aws").path("region"));
      case "azure" -> cloud(a, "azure", "azure.openshift", of.path("azure").path("cloudName"));
      case "gcp" -> cloud(a, "gcp", "gcp_openshift", of.path("gcp").path("region"));
      case "ibmcloud" ->
          cloud(a, "ibm_cloud", "ibm_cloud_openshift", of.path("ibmcloud").path("location"));
      case "openstack" -> cloud(a, null, null, of.path("openstack").path("cloudName"));
      default -> {
        // nothing else is known about it
      }
    }
    return a;
  }

  private void cloud(
      Attributes to, @Nullable String provider, @Nullable String platform, JsonNode region) {
    wanted.put(to, "cloud.provider", provider);
    wanted.put(to, "cloud.platform", platform);
    wanted.put(to, "cloud.region", orNull(region.asString("").toLowerCase(Locale.ROOT)));
  }

  private static @Nullable String orNull(String s) {
    return s.isEmpty() ? null : s;
  }

  private ClusterAccess access(DetectionEnvironment place)
      throws IOException, InterruptedException {
    Path account = KubernetesApi.account(place);
    ClusterAccess own;
    if (address.isEmpty()) {
      own = KubernetesApi.own(place).access();
    } else {
      own =
          ClusterAccess.ofAccount(
              address.endsWith("/") ? address.substring(0, address.length() - 1) : address,
              account);
    }
    if (token.isEmpty() && tls == null) {
      return own;
    }
    return ClusterAccess.of(
        own.base(),
        ClusterAccess.client(
            token.isEmpty() ? own.client().authorization() : new Authorization("Bearer", token, ""),
            null,
            tls == null ? own.client().tls() : tls.config(),
            ProxyConfig.NONE));
  }
}
