package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NoDataException;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.RpcStats;
import dev.tethys.collect.host.internal.Text;
import java.io.IOException;

/** Metrics of this host as an NFS server, from /proc/net/rpc/nfsd. */
final class NfsdCollector implements NodeCollector {
  /** In the order of the numbers on the lines proc2, proc3 and proc4ops, after their count. */
  static final String[] V2 = {
    "Null", "GetAttr", "SetAttr", "Root", "Lookup", "ReadLink", "Read", "WrCache", "Write",
    "Create", "Remove", "Rename", "Link", "SymLink", "MkDir", "RmDir", "ReadDir", "FsStat"
  };

  static final String[] V3 = {
    "Null", "GetAttr", "SetAttr", "Lookup", "Access", "ReadLink", "Read", "Write", "Create",
    "MkDir", "SymLink", "MkNod", "Remove", "RmDir", "Rename", "Link", "ReadDir", "ReadDirPlus",
    "FsStat", "FsInfo", "PathConf", "Commit"
  };

  /** Operations with an empty name are not exported. */
  private static final String[] V4 = {
    "",
    "",
    "",
    "Access",
    "Close",
    "Commit",
    "Create",
    "DelegPurge",
    "DelegReturn",
    "GetAttr",
    "GetFH",
    "Link",
    "Lock",
    "Lockt",
    "Locku",
    "Lookup",
    "LookupRoot",
    "Nverify",
    "Open",
    "OpenAttr",
    "OpenConfirm",
    "OpenDgrd",
    "PutFH",
    "",
    "",
    "Read",
    "ReadDir",
    "ReadLink",
    "Remove",
    "Rename",
    "Renew",
    "RestoreFH",
    "SaveFH",
    "SecInfo",
    "SetAttr",
    "SetClientID",
    "SetClientIDConfirm",
    "Verify",
    "Write",
    "RelLockOwner"
  };

  private record Value(String line, int at, Desc desc) {}

  private static final Value[] VALUES = {
    counter(
        "rc",
        0,
        "reply_cache_hits_total",
        "Total number of NFSd Reply Cache hits (client lost server response)."),
    counter(
        "rc",
        1,
        "reply_cache_misses_total",
        "Total number of NFSd Reply Cache an operation that requires caching (idempotent)."),
    counter(
        "rc",
        2,
        "reply_cache_nocache_total",
        "Total number of NFSd Reply Cache non-idempotent operations (rename/delete/\u2026)."),
    counter("fh", 0, "file_handles_stale_total", "Total number of NFSd stale file handles"),
    counter("io", 0, "disk_bytes_read_total", "Total NFSd bytes read."),
    counter("io", 1, "disk_bytes_written_total", "Total NFSd bytes written."),
    gauge("th", 0, "server_threads", "Total number of NFSd kernel threads that are running."),
    gauge("ra", 0, "read_ahead_cache_size_blocks", "How large the read ahead cache is in blocks."),
    counter(
        "ra",
        11,
        "read_ahead_cache_not_found_total",
        "Total number of NFSd read ahead cache not found."),
    counter("net", 3, "connections_total", "Total number of NFSd TCP connections."),
    counter("rpc", 0, "server_rpcs_total", "Total number of NFSd RPCs.")
  };

  private static final Desc PACKETS =
      Desc.counter(
          "node_nfsd_packets_total",
          "Total NFSd network packets (sent+received) by protocol type.",
          "proto");
  private static final Desc ERRORS =
      Desc.counter(
          "node_nfsd_rpc_errors_total", "Total number of NFSd RPC errors by error type.", "error");
  private static final Desc REQUESTS =
      Desc.counter(
          "node_nfsd_requests_total",
          "Total number NFSd Requests by method and protocol.",
          "proto",
          "method");

  private static Value counter(String line, int at, String name, String help) {
    return new Value(line, at, Desc.counter("node_nfsd_" + name, help));
  }

  private static Value gauge(String line, int at, String name, String help) {
    return new Value(line, at, Desc.gauge("node_nfsd_" + name, help));
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.readIfThere(files.proc("net/rpc/nfsd"));
    if (t == null) {
      throw NoDataException.NO_DATA;
    }
    RpcStats s = RpcStats.parse(t);
    for (Value v : VALUES) {
      out.add(v.desc, s.get(v.line, v.at));
    }
    out.add(PACKETS, s.get("net", 1), "udp");
    out.add(PACKETS, s.get("net", 2), "tcp");
    out.add(ERRORS, s.get("rpc", 2), "fmt");
    out.add(ERRORS, s.get("rpc", 3), "auth");
    out.add(ERRORS, s.get("rpc", 4), "cInt");
    requests(out, s, "2", "proc2", V2);
    requests(out, s, "3", "proc3", V3);
    requests(out, s, "4", "proc4ops", V4);
    out.add(REQUESTS, s.get("wdeleg_getattr", 0), "4", "WdelegGetattr");
  }

  private static void requests(
      Families out, RpcStats s, String proto, String line, String[] methods) {
    for (int i = 0; i < methods.length; i++) {
      if (!methods[i].isEmpty() && !methods[i].equals("Null")) {
        out.add(REQUESTS, s.get(line, i + 1), proto, methods[i]);
      }
    }
  }
}
