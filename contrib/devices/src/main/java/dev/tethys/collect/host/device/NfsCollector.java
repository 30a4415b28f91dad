package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NoDataException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.RpcStats;
import dev.tethys.collect.host.internal.Text;
import java.io.IOException;

/** Metrics of this host as an NFS client, from /proc/net/rpc/nfs. */
final class NfsCollector implements NodeCollector {
  private static final Desc PACKETS =
      Desc.counter(
          "node_nfs_packets_total",
          "Total NFSd network packets (sent+received) by protocol type.",
          "protocol");
  private static final Desc CONNECTIONS =
      Desc.counter("node_nfs_connections_total", "Total number of NFSd TCP connections.");
  private static final Desc RPCS =
      Desc.counter("node_nfs_rpcs_total", "Total number of RPCs performed.");
  private static final Desc RETRANSMISSIONS =
      Desc.counter("node_nfs_rpc_retransmissions_total", "Number of RPC transmissions performed.");
  private static final Desc REFRESHES =
      Desc.counter(
          "node_nfs_rpc_authentication_refreshes_total",
          "Number of RPC authentication refreshes performed.");
  private static final Desc REQUESTS =
      Desc.counter(
          "node_nfs_requests_total", "Number of NFS procedures invoked.", "proto", "method");

  /** In the order of the numbers on the lines proc2, proc3 and proc4, after their count. */
  private static final String[] V4 = {
    "Null",
    "Read",
    "Write",
    "Commit",
    "Open",
    "OpenConfirm",
    "OpenNoattr",
    "OpenDowngrade",
    "Close",
    "Setattr",
    "FsInfo",
    "Renew",
    "SetClientID",
    "SetClientIDConfirm",
    "Lock",
    "Lockt",
    "Locku",
    "Access",
    "Getattr",
    "Lookup",
    "LookupRoot",
    "Remove",
    "Rename",
    "Link",
    "Symlink",
    "Create",
    "Pathconf",
    "StatFs",
    "ReadLink",
    "ReadDir",
    "ServerCaps",
    "DelegReturn",
    "GetACL",
    "SetACL",
    "FsLocations",
    "ReleaseLockowner",
    "Secinfo",
    "FsidPresent",
    "ExchangeID",
    "CreateSession",
    "DestroySession",
    "Sequence",
    "GetLeaseTime",
    "ReclaimComplete",
    "GetDeviceInfo",
    "LayoutGet",
    "LayoutCommit",
    "LayoutReturn",
    "SecinfoNoName",
    "TestStateID",
    "FreeStateID",
    "GetDeviceList",
    "BindConnToSession",
    "DestroyClientID",
    "Seek",
    "Allocate",
    "DeAllocate",
    "LayoutStats",
    "Clone"
  };

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.readIfThere(files.proc("net/rpc/nfs"));
    if (t == null) {
      throw NoDataException.NO_DATA;
    }
    RpcStats s = RpcStats.parse(t);
    out.add(PACKETS, s.get("net", 1), "udp");
    out.add(PACKETS, s.get("net", 2), "tcp");
    out.add(CONNECTIONS, s.get("net", 3));
    out.add(RPCS, s.get("rpc", 0));
    out.add(RETRANSMISSIONS, s.get("rpc", 1));
    out.add(REFRESHES, s.get("rpc", 2));
    requests(out, s, "2", "proc2", NfsdCollector.V2);
    requests(out, s, "3", "proc3", NfsdCollector.V3);
    requests(out, s, "4", "proc4", V4);
  }

  private static void requests(
      Families out, RpcStats s, String proto, String line, String[] methods) {
    for (int i = 0; i < methods.length; i++) {
      out.add(REQUESTS, s.get(line, i + 1), proto, methods[i]);
    }
  }
}
