// A reader who has had an answer in this book before gets Python started while the page is still being put together.
import { python } from "./python.js";

if (navigator.serviceWorker?.controller) python.start(); // most of what it takes is kept on this device
