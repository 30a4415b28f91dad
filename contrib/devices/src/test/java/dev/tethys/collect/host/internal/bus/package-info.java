/** Tests of the system's bus. */
@org.jspecify.annotations.NullMarked
package dev.tethys.collect.host.internal.bus;
