/** Calls to services over the system's D-Bus. */
@org.jspecify.annotations.NullMarked
package dev.tethys.collect.host.internal.bus;
