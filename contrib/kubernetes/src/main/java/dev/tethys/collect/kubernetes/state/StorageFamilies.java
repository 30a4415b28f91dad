package dev.tethys.collect.kubernetes.state;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import tools.jackson.databind.JsonNode;

/** Metrics of volumes and of objects that are only stored. */
final class StorageFamilies {
  private static final String STORAGE = "/apis/storage.k8s.io/v1/";

  private StorageFamilies() {}

  static List<StateKind> kinds() {
    return List.of(claims(), volumes(), classes(), attachments(), configMaps(), secrets());
  }

  private static StateKind claims() {
    String p = "kube_persistentvolumeclaim";
    return KindBuilder.namespaced("/api/v1/persistentvolumeclaims", "persistentvolumeclaim")
        .metadata(p)
        .deletion(p)
        .gauge(
            p + "_info",
            "Information about persistent volume claim.",
            (o, to) -> {
              String old =
                  ObjectFields.text(
                      o.path("metadata")
                          .path("annotations")
                          .path("volume.beta.kubernetes.io/storage-class"));
              JsonNode spec = o.path("spec");
              to.add(
                  1,
                  old.isEmpty() ? ObjectFields.text(spec.path("storageClassName")) : old,
                  ObjectFields.text(spec.path("volumeName")),
                  ObjectFields.text(spec.path("volumeMode")));
            },
            "storageclass",
            "volumename",
            "volumemode")
        .oneOf(
            p + "_status_phase",
            "The phase the persistent volume claim is currently in.",
            "phase",
            "/status/phase",
            "Lost",
            "Bound",
            "Pending")
        .conditions(
            p + "_status_condition",
            "Information about status of different conditions of persistent volume claim.",
            "condition")
        .quantity(
            p + "_resource_requests_storage_bytes",
            "The capacity of storage requested by the persistent volume claim.",
            "/spec/resources/requests/storage")
        .each(
            p + "_access_mode",
            "The access mode(s) specified by the persistent volume claim.",
            "/spec/accessModes",
            "access_mode=")
        .build();
  }

  private static StateKind volumes() {
    String p = "kube_persistentvolume";
    List<String> labels = new ArrayList<>();
    List<String> places = new ArrayList<>();
    for (String pair :
        """
        storageclass /storageClassName
        gce_persistent_disk_name /gcePersistentDisk/pdName
        ebs_volume_id /awsElasticBlockStore/volumeID
        azure_disk_name /azureDisk/diskName
        fc_wwids /fc/wwids
        fc_lun /fc/lun
        fc_target_wwns /fc/targetWWNs
        iscsi_target_portal /iscsi/targetPortal
        iscsi_iqn /iscsi/iqn
        iscsi_lun /iscsi/lun
        iscsi_initiator_name /iscsi/initiatorName
        nfs_server /nfs/server
        nfs_path /nfs/path
        csi_driver /csi/driver
        csi_volume_handle /csi/volumeHandle
        local_path /local/path
        local_fs /local/fsType
        host_path /hostPath/path
        host_path_type /hostPath/type
        reclaim_policy /persistentVolumeReclaimPolicy
        """
            .lines()
            .toList()) {
      labels.add(pair.substring(0, pair.indexOf(' ')));
      places.add(pair.substring(pair.indexOf(' ') + 1));
    }
    return new KindBuilder("/api/v1/persistentvolumes", "persistentvolume")
        .metadata(p)
        .deletion(p)
        .gauge(
            p + "_info",
            "Information about persistentvolume.",
            (o, to) -> {
              JsonNode spec = o.path("spec");
              to.add(1, places.stream().map(at -> joined(spec.at(at))).toArray(String[]::new));
            },
            labels.toArray(String[]::new))
        .each(
            p + "_claim_ref",
            "Information about the Persistent Volume Claim Reference.",
            "/spec/claimRef",
            "name=/name",
            "claim_namespace=/namespace")
        .oneOf(
            p + "_status_phase",
            "The phase indicates if a volume is available, bound to a claim, or released by a"
                + " claim.",
            "phase",
            "/status/phase",
            "Pending",
            "Available",
            "Bound",
            "Released",
            "Failed")
        .quantity(
            p + "_capacity_bytes", "Persistentvolume capacity in bytes.", "/spec/capacity/storage")
        .info(
            p + "_volume_mode",
            "Volume Mode information for the PersistentVolume.",
            "volumemode=/spec/volumeMode")
        .each(
            p + "_access_mode",
            "The access mode(s) specified by the persistent volume.",
            "/spec/accessModes",
            "access_mode=")
        .build();
  }

  private static String joined(JsonNode n) {
    if (!n.isArray()) {
      return ObjectFields.text(n);
    }
    StringJoiner out = new StringJoiner(",");
    n.forEach(i -> out.add(ObjectFields.text(i)));
    return out.toString();
  }

  private static StateKind classes() {
    String p = "kube_storageclass";
    return new KindBuilder(STORAGE + "storageclasses", "storageclass")
        .metadata(p)
        .gauge(
            p + "_info",
            "Information about storageclass.",
            (o, to) -> {
              String reclaim = ObjectFields.text(o.path("reclaimPolicy"));
              String binding = ObjectFields.text(o.path("volumeBindingMode"));
              to.add(
                  1,
                  ObjectFields.text(o.path("provisioner")),
                  reclaim.isEmpty() ? "Delete" : reclaim,
                  binding.isEmpty() ? "Immediate" : binding);
            },
            "provisioner",
            "reclaim_policy",
            "volume_binding_mode")
        .build();
  }

  private static StateKind attachments() {
    String p = "kube_volumeattachment";
    return new KindBuilder(STORAGE + "volumeattachments", "volumeattachment")
        .created(p)
        .labels(p)
        .info(
            p + "_info",
            "Information about volumeattachment.",
            "attacher=/spec/attacher",
            "node=/spec/nodeName")
        .each(
            p + "_spec_source_persistentvolume",
            "PersistentVolume source reference.",
            "/spec/source/persistentVolumeName",
            "volumename=")
        .flag(p + "_status_attached", "Information about volumeattachment.", "/status/attached")
        .own(
            p + "_status_attachment_metadata",
            "Metadata of the attachment.",
            "metadata_",
            "/status/attachmentMetadata")
        .build();
  }

  private static StateKind configMaps() {
    String p = "kube_configmap";
    return KindBuilder.namespaced("/api/v1/configmaps", "configmap")
        .onlyMetadata()
        .created(p)
        .annotations(p)
        .info(p + "_info", "Information about configmap.")
        .resourceVersion(p)
        .build();
  }

  private static StateKind secrets() {
    String p = "kube_secret";
    return KindBuilder.namespaced("/api/v1/secrets", "secret")
        .onlyMetadata()
        .created(p)
        .annotations(p)
        .info(p + "_info", "Information about secret.")
        .resourceVersion(p)
        .owners(p + "_owner", "Information about the Secret's owner.")
        .build();
  }
}
