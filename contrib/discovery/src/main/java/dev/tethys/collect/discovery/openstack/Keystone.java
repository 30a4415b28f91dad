package dev.tethys.collect.discovery.openstack;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import java.io.IOException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Signs in at OpenStack's identity service, version 3, and finds services in its catalogue. */
final class Keystone {
  /** Configuration keys for the identity. */
  static final class Keys {
    private final Key<String> identityEndpoint;
    private final Key<String> username;
    private final Key<String> userid;
    private final Key<Secret> password;
    private final Key<String> projectName;
    private final Key<String> projectId;
    private final Key<String> domainName;
    private final Key<String> domainId;
    private final Key<String> credentialName;
    private final Key<String> credentialId;
    private final Key<Secret> credentialSecret;

    Keys(Section s) {
      identityEndpoint =
          s.key(
              "identity_endpoint",
              Type.STRING,
              "",
              "URL of the identity service; if empty, OS_AUTH_URL and the other OS_ variables are"
                  + " used.");
      username = s.key("username", Type.STRING, "", "Name of the user.");
      userid = s.key("userid", Type.STRING, "", "ID of the user.");
      password = s.key("password", Type.SECRET, Secret.NONE, "Password of the user.");
      projectName = s.key("project_name", Type.STRING, "", "Name of the project.");
      projectId = s.key("project_id", Type.STRING, "", "ID of the project.");
      domainName = s.key("domain_name", Type.STRING, "", "Name of the domain.");
      domainId = s.key("domain_id", Type.STRING, "", "ID of the domain.");
      credentialName =
          s.key(
              "application_credential_name",
              Type.STRING,
              "",
              "Name of an application credential, used instead of a password.");
      credentialId =
          s.key(
              "application_credential_id",
              Type.STRING,
              "",
              "ID of an application credential, used instead of a password.");
      credentialSecret =
          s.key(
              "application_credential_secret",
              Type.SECRET,
              Secret.NONE,
              "Secret of the application credential.");
    }

    Credentials credentials(Settings s, DiscoveryContext.Environment e) {
      if (!s.get(identityEndpoint).isEmpty()) {
        return new Credentials(
            s.get(identityEndpoint),
            s.get(username),
            s.get(userid),
            s.get(password).value(),
            s.get(projectName),
            s.get(projectId),
            s.get(domainName),
            s.get(domainId),
            s.get(credentialName),
            s.get(credentialId),
            s.get(credentialSecret).value());
      }
      if (e.get("OS_AUTH_URL", "").isEmpty()) {
        throw new IllegalStateException(
            "openstack: neither identity_endpoint nor the variable OS_AUTH_URL is set");
      }
      return new Credentials(
          e.get("OS_AUTH_URL", ""),
          e.get("OS_USERNAME", ""),
          e.get("OS_USERID", e.get("OS_USER_ID", "")),
          e.get("OS_PASSWORD", ""),
          e.get("OS_TENANT_NAME", e.get("OS_PROJECT_NAME", "")),
          e.get("OS_TENANT_ID", e.get("OS_PROJECT_ID", "")),
          e.get("OS_DOMAIN_NAME", e.get("OS_USER_DOMAIN_NAME", "")),
          e.get("OS_DOMAIN_ID", e.get("OS_USER_DOMAIN_ID", "")),
          e.get("OS_APPLICATION_CREDENTIAL_NAME", ""),
          e.get("OS_APPLICATION_CREDENTIAL_ID", ""),
          e.get("OS_APPLICATION_CREDENTIAL_SECRET", ""));
    }
  }

  /** Credentials, each {@code ""} if not set. */
  record Credentials(
      String endpoint,
      String username,
      String userId,
      String password,
      String projectName,
      String projectId,
      String domainName,
      String domainId,
      String credentialName,
      String credentialId,
      String credentialSecret) {}

  /** Authenticated session. */
  final class Session {
    private final String token;
    private final JsonNode catalog;

    private Session(String token, JsonNode catalog) {
      this.token = token;
      this.catalog = catalog;
    }

    String token() {
      return token;
    }

    /** Returns the URL of a service, without a trailing slash. */
    String endpoint(String service) throws IOException {
      for (JsonNode s : catalog) {
        if (!s.path("type").asString("").equals(service)) {
          continue;
        }
        for (JsonNode e : s.path("endpoints")) {
          String in = e.path("region").asString(e.path("region_id").asString(""));
          if (in.equals(region) && e.path("interface").asString("").equals(availability)) {
            return e.path("url").asString("").replaceAll("/+$", "").replaceAll("/v2\\.0$", "");
          }
        }
      }
      throw new IOException(
          "openstack: the catalogue has no "
              + availability
              + " endpoint of service "
              + service
              + " in region "
              + region);
    }
  }

  private final Credentials who;
  private final String region;
  private final String availability;
  private final RestClient rest;

  Keystone(Credentials who, String region, String availability, RestClient rest) {
    this.who = who;
    this.region = region;
    this.availability = availability;
    this.rest = rest;
  }

  Session logIn() throws IOException, InterruptedException {
    String base = who.endpoint.replaceAll("/+$", "").replaceAll("/v(2\\.0|3)$", "");
    String url = base + "/v3/auth/tokens";
    RestClient.Reply r =
        rest.ok(rest.post(url, "application/json", RestClient.JSON.writeValueAsBytes(body())));
    String token = r.header("X-Subject-Token");
    if (token.isEmpty()) {
      throw new IOException(url + " answered without X-Subject-Token");
    }
    return new Session(token, r.json().path("token").path("catalog"));
  }

  private ObjectNode body() {
    ObjectNode root = RestClient.JSON.createObjectNode();
    ObjectNode auth = root.putObject("auth");
    ObjectNode identity = auth.putObject("identity");
    ObjectNode user = RestClient.JSON.createObjectNode();
    if (!who.userId.isEmpty()) {
      user.put("id", who.userId);
    } else if (!who.username.isEmpty()) {
      user.put("name", who.username);
      addDomain(user);
    }
    if (!who.credentialSecret.isEmpty()) {
      identity.putArray("methods").add("application_credential");
      ObjectNode c = identity.putObject("application_credential");
      c.put("secret", who.credentialSecret);
      if (!who.credentialId.isEmpty()) {
        c.put("id", who.credentialId);
      } else {
        c.put("name", who.credentialName);
        c.set("user", user);
      }
      return root; // such credentials have their project in them
    }
    identity.putArray("methods").add("password");
    user.put("password", who.password);
    identity.putObject("password").set("user", user);
    if (!who.projectId.isEmpty()) {
      auth.putObject("scope").putObject("project").put("id", who.projectId);
    } else if (!who.projectName.isEmpty()) {
      ObjectNode p = auth.putObject("scope").putObject("project");
      p.put("name", who.projectName);
      addDomain(p);
    }
    return root;
  }

  private void addDomain(ObjectNode to) {
    if (!who.domainId.isEmpty()) {
      to.putObject("domain").put("id", who.domainId);
    } else if (!who.domainName.isEmpty()) {
      to.putObject("domain").put("name", who.domainName);
    }
  }
}
