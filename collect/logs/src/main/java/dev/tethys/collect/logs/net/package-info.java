/** Listeners of log protocols over TCP and UDP. */
@NullMarked
package dev.tethys.collect.logs.net;

import org.jspecify.annotations.NullMarked;
