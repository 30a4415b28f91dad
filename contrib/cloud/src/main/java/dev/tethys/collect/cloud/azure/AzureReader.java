package dev.tethys.collect.cloud.azure;

import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.collect.cloud.reader.CloudFigures;
import dev.tethys.collect.cloud.reader.CloudMetrics;
import dev.tethys.collect.cloud.reader.CloudParts;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.cloud.reader.CloudReading;
import dev.tethys.collect.cloud.reader.EndpointNames;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Reads flexible servers and caches of one subscription with their machine metrics each minute. */
final class AzureReader implements CloudReader {
  private static final Duration DISCOVERY = Duration.ofMinutes(1);
  private static final int MAX_RESOURCES = 1000;

  /** Service with a list of resources. */
  private enum Service {
    POSTGRESQL(
        "Azure Database for PostgreSQL", "Microsoft.DBforPostgreSQL/flexibleServers", "2024-08-01"),
    MYSQL("Azure Database for MySQL", "Microsoft.DBforMySQL/flexibleServers", "2023-12-30"),
    CACHE("Azure Cache for Redis", "Microsoft.Cache/redis", "2024-03-01");

    final String part;
    final String type;
    final String version;

    Service(String part, String type, String version) {
      this.part = part;
      this.type = type;
      this.version = version;
    }
  }

  private final AzureAccount account;
  private final String subscription;
  private final CloudContext context;
  private final AzureCalls api;
  private final EndpointNames names;
  private final Map<Service, List<AzureResource>> lists = new EnumMap<>(Service.class);
  private List<CloudReading.Part> parts = List.of();
  private CloudFigures figures = new CloudFigures();
  private Instant discoverAt = Instant.MIN;
  private int from;

  AzureReader(AzureAccount account, String subscription, CloudContext context) {
    this.account = account;
    this.subscription = subscription;
    this.context = context;
    this.api = new AzureCalls(account, context);
    this.names = new EndpointNames(context);
  }

  @Override
  public String cloud() {
    return "azure";
  }

  @Override
  public String place() {
    return subscription;
  }

  @Override
  public CloudReading read() throws InterruptedException {
    Instant now = context.clock().instant();
    names.begin();
    CloudParts all = new CloudParts();
    if (!now.isBefore(discoverAt)) {
      discover(all);
      if (account.monitoring()) {
        readFigures(now, all);
      }
      parts = all.all();
      discoverAt = now.plus(DISCOVERY);
    } else {
      parts.forEach(all::add);
    }
    CloudMetrics m = new CloudMetrics();
    List<CloudDatabase> databases = new ArrayList<>();
    for (AzureResource r : resources()) {
      String ipv4 = names.ipv4(r.host());
      r.addTo(m, ipv4);
      figures.addTo(r.metrics(m), r.id());
      databases.add(r.database(ipv4));
    }
    all.addErrors(m, "azure_discovery_error", "subscription", subscription);
    return new CloudReading(all.all(), List.copyOf(databases), m.families());
  }

  private List<AzureResource> resources() {
    List<AzureResource> out = new ArrayList<>();
    lists.values().forEach(out::addAll);
    return out;
  }

  private String assign(String role) {
    return "az role assignment create --assignee PRINCIPAL --role \""
        + role
        + "\" --scope /subscriptions/"
        + subscription;
  }

  /** A list that cannot be read keeps its last resources. */
  private void discover(CloudParts to) throws InterruptedException {
    for (Service s : Service.values()) {
      try {
        List<AzureResource> found = new ArrayList<>();
        for (JsonNode n :
            api.list(
                s.name(),
                s.type + "/read",
                "/subscriptions/"
                    + subscription
                    + "/providers/"
                    + s.type
                    + "?api-version="
                    + s.version)) {
          AzureResource r = resource(s, n);
          if (r.isValid()
              && (r.cache() ? account.cacheFilters() : account.databaseFilters())
                  .matches(r.tags())) {
            found.add(r);
          }
        }
        if (found.size() > MAX_RESOURCES) {
          throw new CloudException(
              Failure.ANSWER,
              found.size() + " resources; at most " + MAX_RESOURCES + ": select some by tags");
        }
        lists.put(s, found);
        to.succeeded(s.part);
      } catch (CloudException e) {
        if (e.failure() == Failure.ABSENT) {
          lists.put(s, List.of());
          to.succeeded(s.part);
        } else {
          to.failed(s.part, e, assign("Reader"));
        }
      }
    }
  }

  private AzureResource resource(Service s, JsonNode n) {
    return switch (s) {
      case POSTGRESQL -> AzureResource.server(subscription, "postgres", n);
      case MYSQL -> AzureResource.server(subscription, "mysql", n);
      case CACHE -> AzureResource.cache(subscription, n);
    };
  }

  private void readFigures(Instant now, CloudParts to) throws InterruptedException {
    String part = "Azure Monitor";
    CloudFigures next = new CloudFigures();
    List<AzureResource> all = resources();
    int begin = from;
    from = 0;
    for (int n = 0; n < all.size(); n++) {
      int at = (begin + n) % all.size();
      try {
        AzureMonitor.read(api, all.get(at), now, next);
        to.succeeded(part);
      } catch (CloudException e) {
        to.failed(part, e, assign("Monitoring Reader"));
        if (e.failure() != Failure.ANSWER && e.failure() != Failure.ABSENT) {
          // The next reading begins here, so that a limit does not always leave out the same ones.
          from = at;
          break;
        }
      }
    }
    figures = next;
  }
}
