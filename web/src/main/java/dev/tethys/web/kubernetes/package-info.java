/**
 * The API of a Kubernetes cluster as a client sees it: where it is, who asks, lists and watches.
 */
@NullMarked
package dev.tethys.web.kubernetes;

import org.jspecify.annotations.NullMarked;
