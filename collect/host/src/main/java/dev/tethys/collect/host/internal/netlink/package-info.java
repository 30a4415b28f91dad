/** Requests to the kernel over netlink (RFC 3549). */
@org.jspecify.annotations.NullMarked
package dev.tethys.collect.host.internal.netlink;
