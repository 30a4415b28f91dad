/** What receivers that ask a Kubernetes cluster have in common: who asks, objects, quantities. */
@NullMarked
package dev.tethys.pipeline.receiver.kubernetes;

import org.jspecify.annotations.NullMarked;
