import { mount } from "svelte";
import Live from "./Live.svelte";
import "./look.css";

mount(Live, { target: document.getElementById("app")! });
