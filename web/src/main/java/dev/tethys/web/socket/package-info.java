/** Listeners of protocols other than HTTP: streams over TCP, datagrams over UDP. */
@NullMarked
package dev.tethys.web.socket;

import org.jspecify.annotations.NullMarked;
