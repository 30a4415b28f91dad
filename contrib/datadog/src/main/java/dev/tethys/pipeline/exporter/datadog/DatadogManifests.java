package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Objects of Kubernetes as manifests for Datadog's orchestrator intake: log records of the receiver
 * {@code k8s_objects}, from a list or a watch.
 *
 * <p>Source: DataDog/agent-payload, {@code proto/process/agent.proto} (CollectorManifest) and
 * {@code process/message.go}: a header of 16 bytes, then protobuf compressed by zstd.
 */
final class DatadogManifests {
  /** Value of {@link DatadogSender#INTAKE} in requests with manifests. */
  static final String INTAKE = "manifests";

  /** Maximum number of manifests of a request, and bytes of their content. */
  private static final int MAX_ITEMS = 100;

  private static final int MAX_BYTES = 10_000_000;

  private static final String RECEIVER = "k8sobjectsreceiver";
  private static final String ORIGIN_TAG = "otel_receiver:" + RECEIVER;
  private static final int DATADOG_EXPORTER = 2;

  /** Version 3, zstd, CollectorManifest; organisation and time are not set. */
  private static final byte[] HEADER = {3, 5, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

  /** Kinds by the number that the intake knows them by, from 1. */
  private static final List<String> KINDS =
      List.of(
          "Pod",
          "ReplicaSet",
          "Service",
          "Node",
          "Cluster",
          "Job",
          "CronJob",
          "DaemonSet",
          "StatefulSet",
          "PersistentVolume",
          "PersistentVolumeClaim",
          "Role",
          "RoleBinding",
          "ClusterRole",
          "ClusterRoleBinding",
          "ServiceAccount",
          "Ingress",
          "Deployment",
          "Namespace",
          "CustomResourceDefinition",
          "CustomResource",
          "VerticalPodAutoscaler",
          "HorizontalPodAutoscaler");

  /** Kinds that are never sent, since they hold secrets. */
  private static final Set<String> SECRET = Set.of("secret", "configmap");

  private final DatadogSettings.Orchestrator settings;
  private final String hostname;
  private final String version;

  /** Manifests of one cluster. */
  private record Cluster(String uid, String name) {}

  private static final class Payload {
    final List<byte[]> manifests = new ArrayList<>();
    int bytes;
  }

  DatadogManifests(DatadogSettings.Orchestrator settings, String hostname, String version) {
    this.settings = settings;
    this.hostname = hostname;
    this.version = version;
  }

  /** Whether the records of a scope are objects of Kubernetes. */
  static boolean holds(Scope scope) {
    return scope.name().endsWith("/" + RECEIVER);
  }

  /** Starts the requests of a batch. */
  Run begin() {
    return new Run();
  }

  /** Builds the requests for one batch. */
  final class Run {
    private final Map<Cluster, Payload> open = new LinkedHashMap<>();
    private final List<EncodedRequest> requests = new ArrayList<>();

    /** Adds an object; returns the reason if it does not fit, or null. */
    @Nullable String add(Attributes resource, LogRecord r) {
      String uid = resource.getString("k8s.cluster.uid");
      String name = resource.getString("k8s.cluster.name");
      name = name == null && !settings.clusterName().isEmpty() ? settings.clusterName() : name;
      if (uid == null || name == null) {
        return "no_cluster";
      }
      Attributes body = map(r.body());
      if (body == null) {
        return "not_an_object";
      }
      boolean deleted = false;
      if (body.get("object") instanceof Attributes watched) {
        deleted = "DELETED".equals(body.get("type"));
        body = watched;
      }
      if (!(body.get("metadata") instanceof Attributes metadata)
          || !(metadata.get("uid") instanceof String own)
          || own.isEmpty()) {
        return "not_an_object";
      }
      String kind = body.get("kind") instanceof String s ? s : "";
      String api = body.get("apiVersion") instanceof String s ? s : "";
      if (api.equals("v1") && SECRET.contains(kind.toLowerCase(Locale.ROOT))) {
        return "secret";
      }
      byte[] content =
          AttributeText.json(new StringBuilder(), body).toString().getBytes(StandardCharsets.UTF_8);
      ProtoWriter w = new ProtoWriter();
      w.int64Unless0(1, KINDS.indexOf(kind) + 1L);
      w.stringUnlessEmpty(2, metadata.get("resourceVersion") instanceof String v ? v : "");
      w.string(3, own).bytes(4, content).string(5, "application/json").string(6, "v1");
      w.string(7, ORIGIN_TAG);
      tags(resource, w);
      tags(r.attributes(), w);
      if (deleted) {
        w.bool(8, true);
      }
      w.stringUnlessEmpty(9, api);
      w.stringUnlessEmpty(11, kind);
      put(new Cluster(uid, name), w.toByteArray());
      return null;
    }

    private static void tags(Attributes of, ProtoWriter to) {
      of.forEach((k, v) -> to.string(7, k.replace('.', '_') + ":" + AttributeText.text(v)));
    }

    private void put(Cluster cluster, byte[] manifest) {
      Payload p = open.computeIfAbsent(cluster, c -> new Payload());
      if (!p.manifests.isEmpty()
          && (p.manifests.size() >= MAX_ITEMS || p.bytes + manifest.length > MAX_BYTES)) {
        cut(cluster, p);
      }
      p.manifests.add(manifest);
      p.bytes += manifest.length;
    }

    private void cut(Cluster cluster, Payload p) {
      ProtoWriter w = new ProtoWriter();
      w.string(1, cluster.name).string(2, cluster.uid);
      p.manifests.forEach(m -> w.bytes(5, m));
      w.string(6, ORIGIN_TAG).stringUnlessEmpty(7, hostname).int64(9, DATADOG_EXPORTER);
      byte[] packed = Compression.ZSTD.compress(w.buffer(), 0, w.size(), Compression.DEFAULT_LEVEL);
      byte[] all = new byte[HEADER.length + packed.length];
      System.arraycopy(HEADER, 0, all, 0, HEADER.length);
      System.arraycopy(packed, 0, all, HEADER.length, packed.length);
      Map<String, String> headers = new LinkedHashMap<>();
      headers.put(DatadogSender.INTAKE, INTAKE);
      headers.put("content-type", "application/x-protobuf");
      headers.put("x-dd-hostname", hostname);
      headers.put("x-dd-orchestrator-clusterid", cluster.uid);
      headers.put("dd-evp-origin", "agent");
      headers.put("dd-evp-origin-version", version);
      requests.add(new EncodedRequest(Signal.LOGS, all, p.manifests.size(), 0, headers));
      p.manifests.clear();
      p.bytes = 0;
    }

    /** Returns all requests of the batch. */
    List<EncodedRequest> requests() {
      open.forEach(
          (cluster, p) -> {
            if (!p.manifests.isEmpty()) {
              cut(cluster, p);
            }
          });
      return requests;
    }
  }

  private static @Nullable Attributes map(@Nullable Object body) {
    if (body instanceof String s) {
      byte[] text = s.getBytes(StandardCharsets.UTF_8);
      try {
        return JsonValues.read(text, 0, text.length) instanceof Attributes a ? a : null;
      } catch (CodecException e) {
        return null;
      }
    }
    return body instanceof Attributes a ? a : null;
  }
}
