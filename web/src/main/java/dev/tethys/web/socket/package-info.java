/** Listeners of protocols that are not HTTP: streams over TCP, datagrams over UDP. */
@NullMarked
package dev.tethys.web.socket;

import org.jspecify.annotations.NullMarked;
