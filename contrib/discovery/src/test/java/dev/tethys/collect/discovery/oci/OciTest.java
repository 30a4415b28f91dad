package dev.tethys.collect.discovery.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.Setting;
import dev.tethys.collect.discovery.Vendor;
import dev.tethys.collect.discovery.Vendor.Response;
import dev.tethys.config.ConfigException;
import dev.tethys.testkit.TestCertificates;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Tag("slow")
class OciTest {
  private static final String IAAS = "https://iaas.us-ashburn-1.oraclecloud.com/20160918";
  private static final String IDENTITY =
      "https://identity.us-ashburn-1.oci.oraclecloud.com/20160918";
  private static final Pattern SIGNATURE =
      Pattern.compile(
          "Signature"
              + " version=\"1\",headers=\"([^\"]+)\",keyId=\"([^\"]+)\",algorithm=\"rsa-sha256\",signature=\"([^\"]+)\"");

  @TempDir Path folder;

  private static String pem(String label, byte[] der) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }

  private static String instance(String id, String compartment) {
    return """
    {"id": "%s", "compartmentId": "%s", "displayName": "web", "lifecycleState": "RUNNING",
     "shape": "VM.Standard.E4.Flex", "availabilityDomain": "AD-1", "faultDomain": "FD-1",
     "region": "iad", "imageId": "img", "freeformTags": {"My-Tag.Key": "v", "Env": "a", "env": "b"},
     "definedTags": {"Oracle-Tags": {"CreatedBy": "u", "Whole": 100.0, "Rate": 0.5, "On": true, "None": null, "List": [1]}}}
    """
        .formatted(id, compartment);
  }

  private void vnic(Vendor vendor, String compartment, String instance, String vnics) {
    vendor.json(
        "GET "
            + IAAS
            + "/vnicAttachments?compartmentId="
            + compartment
            + "&instanceId="
            + instance
            + "&limit=100",
        vnics);
  }

  /** What stands below the signature, as the server puts it together from what it received. */
  private static void verify(Vendor.Request r, PublicKey key, String keyId) throws Exception {
    Matcher m = SIGNATURE.matcher(r.header("Authorization"));
    assertThat(m.matches()).as(r.header("Authorization")).isTrue();
    assertThat(m.group(2)).isEqualTo(keyId);
    StringBuilder text = new StringBuilder();
    for (String h : m.group(1).split(" ")) {
      URI uri = r.uri();
      String value =
          switch (h) {
            case "(request-target)" ->
                r.method().toLowerCase()
                    + " "
                    + uri.getRawPath()
                    + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
            case "host" -> uri.getAuthority();
            case "content-length" -> Integer.toString(r.body().length());
            default ->
                r.headers().entrySet().stream()
                    .filter(e -> e.getKey().equalsIgnoreCase(h))
                    .findFirst()
                    .orElseThrow()
                    .getValue();
          };
      text.append(text.isEmpty() ? "" : "\n").append(h).append(": ").append(value);
    }
    Signature s = Signature.getInstance("SHA256withRSA");
    s.initVerify(key);
    s.update(text.toString().getBytes(StandardCharsets.UTF_8));
    assertThat(s.verify(Base64.getDecoder().decode(m.group(3)))).as(text.toString()).isTrue();
  }

  private String withApiKey(KeyPair pair, String more) throws Exception {
    Path key = folder.resolve("key.pem");
    Files.writeString(key, pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
    return "oci_sd_configs: [{tenancy: ten, user: usr, fingerprint: 'aa:bb', region: us-ashburn-1,"
        + " port: 9100, key_file: "
        + key
        + more
        + "}]";
  }

  @Test
  void readsInstancesOfAllCompartments() throws Exception {
    KeyPair pair = KeyPairGenerator.getInstance("RSA").generateKeyPair();
    try (Vendor vendor = new Vendor()) {
      String in = "&accessLevel=ACCESSIBLE&compartmentIdInSubtree=false&limit=100";
      vendor.on(
          "GET " + IDENTITY + "/compartments?compartmentId=ten" + in,
          r ->
              Response.json(
                      "[{\"id\":\"c1\",\"lifecycleState\":\"ACTIVE\"},{\"id\":\"gone\",\"lifecycleState\":\"DELETED\"}]")
                  .with("opc-next-page", "2"));
      vendor.json(
          "GET " + IDENTITY + "/compartments?compartmentId=ten" + in + "&page=2",
          "[{\"id\":\"c2\",\"lifecycleState\":\"ACTIVE\"},{\"id\":\"ten\",\"lifecycleState\":\"ACTIVE\"}]");
      vendor.json("GET " + IDENTITY + "/compartments?compartmentId=c1" + in, "[]");
      vendor.status(
          "GET " + IDENTITY + "/compartments?compartmentId=c2" + in,
          404,
          "NotAuthorizedOrNotFound");
      vendor.json("GET " + IAAS + "/instances?compartmentId=ten&limit=100", "[]");
      vendor.json(
          "GET " + IAAS + "/instances?compartmentId=c1&limit=100",
          "["
              + instance("i1", "c1")
              + ","
              + instance("lost", "c1")
              + ","
              + instance("bare", "c1")
              + "]");
      vendor.json(
          "GET " + IAAS + "/instances?compartmentId=c2&limit=100",
          "[" + instance("i2", "c2") + "]");
      vnic(
          vendor,
          "c1",
          "i1",
          "[{\"vnicId\":\"old\",\"lifecycleState\":\"DETACHED\"},{\"vnicId\":\"v2\",\"lifecycleState\":\"ATTACHED\"},"
              + "{\"vnicId\":\"v1\",\"lifecycleState\":\"ATTACHED\"},{\"vnicId\":\"v3\",\"lifecycleState\":\"ATTACHED\"}]");
      vendor.json(
          "GET " + IAAS + "/vnics/v2",
          "{\"id\":\"v2\",\"isPrimary\":false,\"privateIp\":\"10.0.0.2\"}");
      vendor.json(
          "GET " + IAAS + "/vnics/v1",
          "{\"id\":\"v1\",\"isPrimary\":true,\"privateIp\":\"10.0.0.5\",\"publicIp\":\"203.0.113.1\",\"hostnameLabel\":\"web-1\"}");
      vnic(vendor, "c1", "bare", "[]");
      vnic(vendor, "c2", "i2", "[{\"vnicId\":\"v6\",\"lifecycleState\":\"ATTACHED\"}]");
      vendor.json(
          "GET " + IAAS + "/vnics/v6",
          "{\"id\":\"v6\",\"isPrimary\":true,\"ipv6Addresses\":[\"2001:db8::2\",\"2001:db8::1\"]}");
      PollingDiscovery.Source source = new Setting(vendor).source(withApiKey(pair, ""));
      assertThat(Setting.show(source.refresh()))
          .isEqualTo(
              """
              OCI
                - __address__: 10.0.0.5:9100
                  __meta_oci_availability_domain: AD-1
                  __meta_oci_compartment_id: c1
                  __meta_oci_defined_tag_Oracle_Tags_CreatedBy: u
                  __meta_oci_defined_tag_Oracle_Tags_On: true
                  __meta_oci_defined_tag_Oracle_Tags_Rate: 0.5
                  __meta_oci_defined_tag_Oracle_Tags_Whole: 100
                  __meta_oci_fault_domain: FD-1
                  __meta_oci_hostname_label: web-1
                  __meta_oci_image_id: img
                  __meta_oci_instance_id: i1
                  __meta_oci_instance_name: web
                  __meta_oci_instance_shape: VM.Standard.E4.Flex
                  __meta_oci_instance_state: RUNNING
                  __meta_oci_private_ip: 10.0.0.5
                  __meta_oci_public_ip: 203.0.113.1
                  __meta_oci_region: iad
                  __meta_oci_tag_Env: a
                  __meta_oci_tag_My_Tag_Key: v
                  __meta_oci_tag_env: b
                  __meta_oci_tenancy_id: ten
                  __meta_oci_vnic_id: v1
                - __address__: [2001:db8::1]:9100
                  __meta_oci_availability_domain: AD-1
                  __meta_oci_compartment_id: c2
                  __meta_oci_defined_tag_Oracle_Tags_CreatedBy: u
                  __meta_oci_defined_tag_Oracle_Tags_On: true
                  __meta_oci_defined_tag_Oracle_Tags_Rate: 0.5
                  __meta_oci_defined_tag_Oracle_Tags_Whole: 100
                  __meta_oci_fault_domain: FD-1
                  __meta_oci_image_id: img
                  __meta_oci_instance_id: i2
                  __meta_oci_instance_name: web
                  __meta_oci_instance_shape: VM.Standard.E4.Flex
                  __meta_oci_instance_state: RUNNING
                  __meta_oci_ipv6_addresses: ,2001:db8::1,2001:db8::2,
                  __meta_oci_region: iad
                  __meta_oci_tag_Env: a
                  __meta_oci_tag_My_Tag_Key: v
                  __meta_oci_tag_env: b
                  __meta_oci_tenancy_id: ten
                  __meta_oci_vnic_id: v6
              """);
      for (Vendor.Request r : vendor.requests) {
        verify(r, pair.getPublic(), "ten/usr/aa:bb");
      }
      assertThat(vendor.requests).noneMatch(r -> r.uri().getPath().endsWith("/vnics/v3"));
      vendor.status("GET " + IAAS + "/instances?compartmentId=c2&limit=100", 400, "no such thing");
      assertThatThrownBy(source::refresh).hasMessageContaining("no such thing");
    }
  }

  @Test
  void retriesThrottledRequests() throws Exception {
    KeyPair pair = KeyPairGenerator.getInstance("RSA").generateKeyPair();
    try (Vendor vendor = new Vendor()) {
      Setting setting = new Setting(vendor);
      List<Integer> answers = new ArrayList<>(List.of(429, 503, 200));
      vendor.on(
          "GET " + IAAS + "/instances?compartmentId=c&limit=100",
          r -> Response.of(answers.removeFirst(), "[]"));
      setting.goOn.release(2);
      PollingDiscovery.Source source = setting.source(withApiKey(pair, ", compartments: [c]"));
      assertThat(source.refresh().getFirst().targets()).isEmpty();
      assertThat(vendor.requests).hasSize(3);
      vendor.status("GET " + IAAS + "/instances?compartmentId=c&limit=100", 429, "slower");
      setting.goOn.release(3);
      assertThatThrownBy(source::refresh).hasMessageContaining("slower");
      assertThat(vendor.requests).hasSize(7);
      // A burst is free; then ten calls a second.
      vendor.json("GET " + IAAS + "/instances?compartmentId=c&limit=100", "[]");
      for (int i = 7; i < 50; i++) {
        source.refresh();
      }
      assertThat(setting.goOn.availablePermits()).isZero();
      setting.goOn.release();
      source.refresh();
      assertThat(setting.goOn.availablePermits()).isZero();
      setting.now = setting.now.plusSeconds(1);
      source.refresh();
    }
  }

  private static String token(Instant expires) {
    String claims = "{\"exp\":" + expires.getEpochSecond() + "}";
    return "h."
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(claims.getBytes(StandardCharsets.UTF_8))
        + ".s";
  }

  @Test
  void machineUsesItsOwnIdentity() throws Exception {
    TestCertificates certificates = new TestCertificates(folder);
    certificates.issueRsa("opc-tenant:ocid1.tenancy.oc1..t", "dns:instance");
    X509Certificate leaf;
    try (var in =
        Files.newInputStream(certificates.certificate("opc-tenant:ocid1.tenancy.oc1..t"))) {
      leaf = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
    String metadata = "http://169.254.169.254/opc/v2";
    try (Vendor vendor = new Vendor()) {
      Setting setting = new Setting(vendor);
      vendor.on(
          "GET " + metadata + "/identity/cert.pem",
          r ->
              r.header("Authorization").equals("Bearer Oracle")
                  ? Response.of(
                      200,
                      Files.readString(certificates.certificate("opc-tenant:ocid1.tenancy.oc1..t")))
                  : Response.of(401, ""));
      vendor.status(
          "GET " + metadata + "/identity/key.pem",
          200,
          Files.readString(certificates.key("opc-tenant:ocid1.tenancy.oc1..t")));
      vendor.status(
          "GET " + metadata + "/identity/intermediate.pem",
          200,
          Files.readString(certificates.ca()));
      vendor.json(
          "GET " + metadata + "/instance/regionInfo",
          "{\"regionIdentifier\":\"us-ashburn-1\",\"realmDomainComponent\":\"oraclecloud.com\"}");
      vendor.on(
          "POST https://auth.us-ashburn-1.oraclecloud.com/v1/x509",
          r -> Response.json("{\"token\":\"" + token(setting.now.plusSeconds(3600)) + "\"}"));
      vendor.json("GET " + IAAS + "/instances?compartmentId=c&limit=100", "[]");
      PollingDiscovery.Source source =
          setting.source(
              "oci_sd_configs: [{auth: instance_principal, region: us-ashburn-1, compartments:"
                  + " [c]}]");
      source.refresh();
      source.refresh();
      Vendor.Request asked =
          vendor.requests.stream().filter(r -> r.method().equals("POST")).findFirst().orElseThrow();
      String fingerprint =
          HexFormat.ofDelimiter(":")
              .formatHex(MessageDigest.getInstance("SHA-256").digest(leaf.getEncoded()));
      verify(asked, leaf.getPublicKey(), "ocid1.tenancy.oc1..t/fed-x509-sha256/" + fingerprint);
      JsonNode body = JsonMapper.builder().build().readTree(asked.body());
      assertThat(Base64.getDecoder().decode(body.path("certificate").asString()))
          .isEqualTo(leaf.getEncoded());
      assertThat(body.path("intermediateCertificates").size()).isEqualTo(1);
      assertThat(body.path("fingerprintAlgorithm").asString()).isEqualTo("SHA256");
      PublicKey session =
          KeyFactory.getInstance("RSA")
              .generatePublic(
                  new X509EncodedKeySpec(
                      Base64.getDecoder().decode(body.path("publicKey").asString())));
      verify(vendor.requests.getLast(), session, "ST$" + token(setting.now.plusSeconds(3600)));
      assertThat(vendor.requests.stream().filter(r -> r.method().equals("POST"))).hasSize(1);
      // Five minutes before its end the token is renewed, and so it is when it is refused.
      setting.now = setting.now.plusSeconds(3301);
      source.refresh();
      assertThat(vendor.requests.stream().filter(r -> r.method().equals("POST"))).hasSize(2);
      List<Integer> answers = new ArrayList<>(List.of(401, 200));
      vendor.on(
          "GET " + IAAS + "/instances?compartmentId=c&limit=100",
          r -> Response.of(answers.removeFirst(), "[]"));
      source.refresh();
      assertThat(vendor.requests.stream().filter(r -> r.method().equals("POST"))).hasSize(3);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | region is required",
        "{region: r} | requires tenancy",
        "{region: r, tenancy: t} | requires user",
        "{region: r, tenancy: t, user: u} | requires fingerprint",
        "{region: r, tenancy: t, user: u, fingerprint: f} | requires key_file",
        "{region: r, tenancy: t, user: u, fingerprint: f, key_file: k, key_passphrase: a,"
            + " key_passphrase_file: b} | at most one of key_passphrase and key_passphrase_file",
        "{region: r, auth: instance_principal, tenancy: t} | must not have tenancy",
        "{region: r, auth: instance_principal, key_passphrase_file: t} | must not have",
        "{region: r, auth: magic} | unknown auth method \"magic\"",
        "{region: r, auth: instance_principal, compartments: [a, '']} | compartments[1] must not be"
            + " empty",
        "{region: r, auth: instance_principal, refresh_interval: 0s} | refresh_interval",
      })
  void rejectsInvalidSettings(String entry, String error) {
    assertThatThrownBy(() -> Setting.read("oci_sd_configs: [" + entry + "]"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(error);
  }
}
