/** The role of a push gateway: its flags and its wiring. */
@NullMarked
package dev.tethys.app.pushgateway;

import org.jspecify.annotations.NullMarked;
