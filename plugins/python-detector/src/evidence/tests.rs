//! Lines of code, and the tools, models, prompts and secrets that are read from them.

use super::*;
use windlass_plugin_sdk::{Claim, files::tree, kind};

fn claimed_in(files: &[(&str, &str)]) -> Claims {
    let tree = tree(files);
    let python = tree.with_ending("py");
    let modules: Vec<_> = python.iter().map(|path| Module::read(path, &tree[path])).collect();
    let reached = modules.iter().map(|module| module.path).filter(|path| !path.starts_with("unreached")).collect();
    let mut claims = Claims::default();
    claim((&tree, &tree.paths()), &modules, &reached, &mut claims);
    claims
}

fn claimed(text: &str) -> Claims {
    claimed_in(&[("agent.py", text)])
}

fn values(claims: &Claims, kind: &str) -> Vec<String> {
    claims.of_kind(kind).map(|claim| claim.value.clone()).collect()
}

fn only(text: &str, kind: &str) -> Claim {
    let claims = claimed(text);
    let mut found = claims.of_kind(kind).cloned();
    let first = found.next().expect("one");
    assert_eq!(found.next(), None, "{text}");
    first
}

fn tools(text: &str) -> Vec<(String, String)> {
    let claims = claimed(text);
    let of = |claim: &Claim| (claim.value.clone(), claim.attribute("how").unwrap_or_default().to_owned());
    claims.of_kind(kind::TOOL).map(of).collect()
}

fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, how)| ((*name).to_owned(), (*how).to_owned())).collect()
}

mod of_urls {
    use super::*;

    #[test]
    fn a_called_url_is_a_tool_and_a_destination() {
        let text = "import requests\nrequests.get(f\"https://api.stripe.com/v1/charges/{x}\")\n";
        let tool = only(text, kind::TOOL);
        assert_eq!((tool.value.as_str(), tool.place().as_str()), ("stripe-api", "agent.py:2"));
        assert_eq!(tool.attribute("base_url"), Some("https://api.stripe.com"));
        assert_eq!(tool.attribute("how"), Some("url"));
        assert_eq!(only(text, kind::DESTINATION).value, "api.stripe.com");
    }

    #[test]
    fn urls_in_comments_docstrings_and_model_endpoints_are_no_tools() {
        let text = "\"\"\"See\n\"\"\"\n# https://api.a.com\ndef f():\n    'https://api.b.com'\nX = 'https://api.openai.com/v1'\nY = 'http://localhost:8080'\nZ = 'https://docs.acme.com/x'\n";
        assert_eq!(tools(text), []);
        assert_eq!(values(&claimed(text), kind::DESTINATION), ["api.openai.com"]);
        let model = only(text, kind::MODEL);
        assert_eq!((model.value.as_str(), model.attribute("variable"), model.line), ("openai", Some("X"), Some(6)));
    }

    #[test]
    fn ports_of_one_host_are_tools_of_their_own_and_one_base_is_one() {
        let text =
            "A_URL = 'http://inventory:8080/a'\nB_URL = 'http://inventory:8080/b'\nC_URL = 'http://inventory:9090'\n";
        assert_eq!(tools(text), named(&[("inventory", "url"), ("inventory-9090", "url")]));
    }

    #[test]
    fn urls_that_are_shown_compared_or_allowed_are_no_tools() {
        for text in [
            "print('https://acme.com/x')\n",
            "if url.startswith('https://acme.com'): ...\n",
            "SCOPES = ['https://mail.google.com/']\n",
            "origins = ['https://acme.com']\n",
            "st.image(logo_url='https://acme.com/x')\n",
            "PAGES = ['https://www.acme.com/en/about']\n",
            "NAMES = {'https://acme.com/x': 1}\n",
        ] {
            assert_eq!(tools(text), [], "{text}");
        }
        for text in [
            "requests.get('https://www.acme.com/en')\n",
            "BASE = 'https://www.acme.com/api/x'\n",
            "f('https://acme.com')\n",
        ] {
            assert_eq!(tools(text), named(&[("acme", "url")]), "{text}");
        }
    }

    #[test]
    fn a_file_is_a_destination_and_no_tool() {
        let text = "LOGO = 'https://cdn.acme.com/logo.png'\n";
        assert_eq!(tools(text), []);
        assert_eq!(values(&claimed(text), kind::DESTINATION), ["cdn.acme.com"]);
    }
}

mod of_variables {
    use super::*;

    #[test]
    fn a_tool_variable_is_a_tool_with_its_default_as_the_url() {
        for text in [
            "U = os.environ.get(\"TOOL_URL_STRIPE_API\", \"http://localhost:1/x\")\n",
            "U = os.getenv('TOOL_URL_STRIPE_API', default='http://localhost:1/x')\n",
            "os.environ.setdefault('TOOL_URL_STRIPE_API', 'http://localhost:1/x')\n",
            "U = os.environ.get('TOOL_URL_STRIPE_API') or 'http://localhost:1/x'\n",
            "os.environ['TOOL_URL_STRIPE_API'] = 'http://localhost:1/x'\n",
        ] {
            let tool = only(text, kind::TOOL);
            assert_eq!((tool.value.as_str(), tool.attribute("how")), ("stripe-api", Some("env")), "{text}");
            assert_eq!(tool.attribute("env"), Some("TOOL_URL_STRIPE_API"));
            assert_eq!(tool.attribute("base_url"), Some("http://localhost:1/x"), "{text}");
        }
        for text in ["os.environ['TOOL_URL_X_Y']\n", "f(os.getenv( 'TOOL_URL_X_Y'))\n"] {
            let tool = only(text, kind::TOOL);
            assert_eq!((tool.value.as_str(), tool.attribute("base_url")), ("x-y", None));
        }
    }

    #[test]
    fn a_name_that_is_not_read_from_the_environment_is_no_tool() {
        for text in [
            "x = 'TOOL_URL_X'\n",
            "os.environ['OTHER_URL']\n",
            "os.environ['TOOL_URL_']\n",
            "os.environ['TOOL_URL_x']\n",
            "os.environ[f'TOOL_URL_{x}']\n",
            "# os.environ['TOOL_URL_X']\n",
        ] {
            assert_eq!(tools(text), [], "{text}");
        }
    }

    #[test]
    fn several_variables_may_share_a_url() {
        let text = "A = os.environ.get('TOOL_URL_A', 'http://x:1')\nB = os.environ.get('TOOL_URL_B', 'http://x:1')\n";
        assert_eq!(tools(text), named(&[("a", "env"), ("b", "env")]));
    }
}

mod of_code {
    use super::*;

    #[test]
    fn functions_that_are_marked_are_tools_of_the_agents_own_code() {
        for (text, name) in [
            ("@tool\ndef search(q): ...\n", "search"),
            ("@function_tool(strict_mode=False)\nasync def search(q): ...\n", "search"),
            ("@agent.tool_plain\ndef roll(): ...\n", "roll"),
            ("@mcp.tool()\n@traced\ndef add(a, b): ...\n", "add"),
            ("@tool(\"web_search\")\ndef search(q): ...\n", "web_search"),
            ("@function_tool(name_override='fetch')\ndef f(): ...\n", "fetch"),
            ("@kernel_function(description='Lights', name='get_lights')\ndef f(self): ...\n", "get_lights"),
            ("@tool(\"Search the web\")\ndef search(q): ...\n", "search"),
            ("@controller.action('Ask a human')\ndef ask(q): ...\n", "ask"),
            ("class Search(BaseTool):\n    \"\"\"Doc\"\"\"\n    name: str = 'search'\n    url: str = 'x'\n", "search"),
        ] {
            let tool = only(text, kind::TOOL);
            assert_eq!((tool.value.as_str(), tool.attribute("how")), (name, Some("decorator")), "{text}");
            assert_eq!(tool.attribute("base_url"), None);
        }
    }

    #[test]
    fn other_decorators_mark_none() {
        for text in [
            "@app.get('/tool')\ndef f(): ...\n",
            "@server.call_tool()\nasync def call(name): ...\n",
            "@property\ndef tool(self): ...\n",
            "# @tool\ndef f(): ...\n",
            "@tool\nclass X: ...\n",
            "@wrap_tool_call\ndef f(): ...\n",
            "@self.action\ndef f(): ...\n",
            "class Search(BaseModel):\n    name: str = 'search'\n",
            "class Search(BaseTool):\n    x = 1\nname = 'search'\n",
        ] {
            assert_eq!(tools(text), [], "{text}");
        }
    }

    #[test]
    fn lists_name_variables_classes_and_wrapped_functions() {
        let text = "agent = Agent(\n  tools=[search, lib.fetch, SerperDevTool(n=1), Tool(name='calc', func=f), FunctionTool(book),\n  # old,\n  FunctionTool.from_defaults(fn=sell), {'type': 'function', 'function': {'name': 'weather', 'parameters': {'properties': {'name': {'type': 'string'}}}}}, *more, 'web'],\n)\n";
        let mut found: Vec<_> = tools(text).into_iter().map(|(name, _)| name).collect();
        found.sort();
        assert_eq!(found, ["SerperDevTool", "book", "calc", "fetch", "search", "sell", "weather", "web"]);
        let claims = claimed(text);
        assert!(claims.of_kind(kind::TOOL).all(|claim| claim.line.is_some_and(|line| (2..=4).contains(&line))));
    }

    #[test]
    fn lists_are_known_by_their_name_or_their_call() {
        for text in [
            "TOOLS: list = [a]\n",
            "llm.bind_tools([a])\n",
            "create_react_agent(model, [a])\n",
            "self.tools = [a]\n",
            "ToolNode([a])\n",
        ] {
            assert_eq!(tools(text), named(&[("a", "list")]), "{text}");
        }
        for text in [
            "items = [a]\n",
            "f([a])\n",
            "tools = [t for t in all_tools]\n",
            "tools = []\n",
            "tools[0]\n",
            "disabled_tools = [a]\n",
            "create_react_agent([a], x)\n",
            "return [Toolbar(a), b]\n",
            "tools = [None, get_tools()]\n",
            "x = 'tools=[a]'\n",
        ] {
            assert_eq!(tools(text), [], "{text}");
        }
    }

    #[test]
    fn calls_that_make_tools_are_known_in_any_list_and_on_their_own() {
        for text in [
            "return [FunctionTool(a)]\n",
            "return [\n  FunctionToolWithContext.from_defaults(async_fn=a),\n]\n",
            "llm.register_function('a', f)\n",
            "register_function(f, caller=x, executor=y, name='a', description='d')\n",
            "s = FunctionSchema(name='a', properties={})\n",
        ] {
            assert_eq!(tools(text), named(&[("a", "list")]), "{text}");
        }
    }

    #[test]
    fn a_call_by_name_is_a_tool() {
        assert_eq!(tools("await session.call_tool('add', {'a': 1})\n"), named(&[("add", "call")]));
        assert_eq!(tools("client.call_tool(name='add', arguments={})\n"), named(&[("add", "call")]));
        for text in ["session.call_tool(name, {'a': 'b'})\n", "call_tools('add')\n", "call_tool(f'{x}')\n"] {
            assert_eq!(tools(text), [], "{text}");
        }
    }

    #[test]
    fn mcp_servers_are_tools_even_on_this_machine() {
        for (text, name) in [
            (
                "c = MultiServerMCPClient({'weather': {'url': 'http://localhost:8000/mcp', 'transport': 'sse'}})\n",
                "weather",
            ),
            ("MCPServerSse(name='Docs', params={'url': 'https://gitmcp.io/x/sse'})\n", "Docs"),
            (
                "HostedMCPTool(tool_config={'type': 'mcp', 'server_label': 'git', 'server_url': 'https://gitmcp.io/a'})\n",
                "git",
            ),
            ("WEATHER_MCP_URL = 'http://localhost:8000/mcp'\n", "weather-mcp"),
            ("async with sse_client('http://127.0.0.1:9/sse') as s: ...\n", "mcp-9"),
            ("streamablehttp_client('https://mcp.acme.com')\n", "acme-mcp"),
        ] {
            let tool = only(text, kind::TOOL);
            assert_eq!((tool.value.as_str(), tool.attribute("how")), (name, Some("mcp")), "{text}");
            assert!(tool.attribute("base_url").is_some());
        }
        assert_eq!(tools("URL = 'http://localhost:8000/x'\n"), []);
    }

    #[test]
    fn of_one_name_the_strongest_sight_is_claimed_and_a_url_stays_in_sight() {
        let text = "tools = [search]\n@tool\ndef search(q): ...\n";
        let tool = only(text, kind::TOOL);
        assert_eq!((tool.attribute("how"), tool.line), (Some("decorator"), Some(3)));
        let text = "@tool\ndef inventory(q):\n    return requests.get('http://inventory/items')\n";
        let tool = only(text, kind::TOOL);
        assert_eq!((tool.attribute("how"), tool.attribute("base_url")), (Some("url"), Some("http://inventory")));
    }

    #[test]
    fn what_the_entry_point_never_loads_counts_half_and_tests_nothing() {
        let files = [("unreached/a.py", "@tool\ndef f(): ...\n"), ("unreached/tests/b.py", "@tool\ndef g(): ...\n")];
        let claims = claimed_in(&files);
        let scores: Vec<_> = claims.of_kind(kind::TOOL).map(|claim| (claim.value.as_str(), claim.score)).collect();
        assert_eq!(scores, [("f", 0.45)]);
    }
}

mod of_models {
    use super::*;

    #[test]
    fn models_know_their_provider_role_and_variable() {
        for (text, model, provider, role, variable) in [
            ("llm = ChatOpenAI(model=\"gpt-4o\", temperature=0)\n", "gpt-4o", "openai", "chat", "llm"),
            ("ChatAnthropic(\n  model_name='claude-x')\n", "claude-x", "anthropic", "chat", ""),
            ("Agent(llm, model='groq/llama-3')\n", "llama-3", "groq", "default", ""),
            ("create(model = 'house-model')\n", "house-model", "", "default", ""),
            ("r = client.chat.completions.create(model='gpt-4o')\n", "gpt-4o", "openai", "chat", "r"),
            ("agent = Agent('openai:gpt-4o')\n", "gpt-4o", "openai", "default", "agent"),
            ("m = LiteLlm(\"anthropic/claude-sonnet-4-0\")\n", "claude-sonnet-4-0", "anthropic", "default", "m"),
            (
                "e = OpenAIEmbeddings(model='text-embedding-3-small')\n",
                "text-embedding-3-small",
                "openai",
                "embedding",
                "e",
            ),
            ("r = CohereRerank(model='rerank-v3.5')\n", "rerank-v3.5", "cohere", "reranking", "r"),
            ("CLASSIFIER_MODEL = 'gpt-4o-mini'\n", "gpt-4o-mini", "openai", "classify", "CLASSIFIER_MODEL"),
            ("MODEL = os.getenv('MODEL', 'gemini-2.0-flash')\n", "gemini-2.0-flash", "google", "default", "MODEL"),
            ("p.add_argument('--model', default='gpt-4o')\n", "gpt-4o", "openai", "default", ""),
            (
                "llm = ChatOpenAI(model='deepseek-chat', base_url='https://api.deepseek.com')\n",
                "deepseek-chat",
                "deepseek",
                "chat",
                "llm",
            ),
        ] {
            let claim = only(text, kind::MODEL);
            let attribute = |name| claim.attribute(name).unwrap_or_default();
            assert_eq!(
                (claim.value.as_str(), attribute("provider"), attribute("role"), attribute("variable")),
                (model, provider, role, variable),
                "{text}"
            );
        }
    }

    #[test]
    fn other_names_and_other_places_are_no_models() {
        for text in [
            "data_model='x'\n",
            "model=f'{y}'\n",
            "model='a b'\n",
            "if model == 'gpt-4o': pass\n",
            "PRICES = {'gpt-4o': 1}\n",
            "st.selectbox('x', ['gpt-4o', 'gpt-4'])\n",
            "joblib.load(model='x.pkl')\n",
            "model_path = 'weights/a.bin'\n",
            "print('gpt-4o')\n",
        ] {
            assert_eq!(values(&claimed(text), kind::MODEL), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn an_sdk_without_a_named_model_is_its_provider_and_its_host_a_destination() {
        let claims = claimed("from openai import OpenAI\nclient = OpenAI()\n");
        assert_eq!(values(&claims, kind::MODEL), ["openai"]);
        assert_eq!(values(&claims, kind::DESTINATION), ["api.openai.com"]);
        let claims = claimed("import openai\nllm = ChatOpenAI(model='gpt-4o')\n");
        assert_eq!(values(&claims, kind::MODEL), ["gpt-4o"]);
        assert_eq!(values(&claimed("from livekit.plugins import deepgram, openai\n"), kind::MODEL), ["openai"]);
        assert_eq!(values(&claimed("from pydantic_ai.models.groq import GroqModel\n"), kind::MODEL), ["groq"]);
        for text in ["import requests\n", "from google.cloud import storage\n", "import langchain_community\n"] {
            assert!(values(&claimed(text), kind::MODEL).is_empty());
        }
    }
}

mod of_prompts {
    use super::*;

    #[test]
    fn the_surest_place_wins_then_the_longest_then_the_first() {
        for (text, prompt) in [
            ("SYSTEM_PROMPT = 'You are a clerk.'\n", "You are a clerk."),
            ("Agent(instructions='Answer in short words.')\n", "Answer in short words."),
            (
                "m = [{'role': 'system', 'content': 'You are a clerk.'}, {'role': 'user', 'content': 'A much longer text of the user'}]\n",
                "You are a clerk.",
            ),
            (
                "P.from_messages([('system', 'You are a clerk.'), ('user', '{input} and much more text')])\n",
                "You are a clerk.",
            ),
            ("SystemMessage(content=('You are '\n  'a clerk.'))\n", "You are a clerk."),
            ("Agent(role='x', backstory='You know all about ships.')\n", "You know all about ships."),
            ("SYSTEM_PROMPT = '''\n    You are\\t\\'x\\'.\n      Be brief.\n    '''\n", "You are\t'x'.\n  Be brief."),
            ("A_PROMPT = 'Your task is to say what you see'\nSYSTEM_PROMPT = 'You are a clerk.'\n", "You are a clerk."),
            (
                "SYSTEM_PROMPT_A = 'You are a clerk.'\nSYSTEM_PROMPT_B = 'You are a clerk of the court.'\n",
                "You are a clerk of the court.",
            ),
            ("SYSTEM_PROMPT = os.getenv('SYSTEM_PROMPT', 'You are a clerk.')\n", "You are a clerk."),
        ] {
            assert_eq!(only(text, "prompt").value, prompt, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_prompts() {
        for text in [
            "x = 'You are a clerk of the court.'\n",
            "m = {'role': 'user', 'content': 'You are a clerk.'}\n",
            "'''SYSTEM_PROMPT = \"You are a clerk.\"'''\n",
            "SYSTEM_PROMPT = 'prompts/system.txt'\n",
            "USER_PROMPT = 'You are to tell me about the sea'\n",
            "PROMPT = 'Enter the key of the API'\n",
        ] {
            assert_eq!(values(&claimed(text), "prompt"), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_prompt_is_cut_at_four_kibibytes() {
        let text = format!("SYSTEM_PROMPT = 'You are {}'\n", "é".repeat(4000));
        let prompt = only(&text, "prompt").value;
        assert!(prompt.len() <= 4096 && prompt.len() > 4090);
    }
}

mod of_secrets {
    use super::*;

    const KEY: &str = "q7Zt1LmX9vRb2KpW4sYd8NcF3hGj6TaU0eQi5oBx";

    #[test]
    fn secrets_are_told_by_kind_and_place_and_never_by_value() {
        let text = format!("import os\n\nKEY = 'sk-{KEY}'\n");
        let claims = claimed(&text);
        let secret = claims.of_kind("secret").next().expect("one");
        assert_eq!((secret.value.as_str(), secret.place().as_str()), ("api_key", "agent.py:3"));
        assert_eq!(
            (secret.attribute("severity"), secret.attribute("description")),
            (Some("high"), Some("OpenAI-style API key"))
        );
        assert!(!format!("{claims:?}").contains(&KEY[..8]));
    }

    #[test]
    fn settings_are_read_and_samples_are_not() {
        let line = format!("ACME_TOKEN={KEY}\n");
        for path in [".env", "conf/.env.production", "a/settings.yaml", "Dockerfile", "run.sh"] {
            assert_eq!(values(&claimed_in(&[("agent.py", ""), (path, &line)]), "secret"), ["oauth_token"], "{path}");
        }
        for path in [".env.example", "env.sample.json", "package-lock.json", "README.md"] {
            assert!(values(&claimed_in(&[("agent.py", ""), (path, &line)]), "secret").is_empty(), "{path}");
        }
    }

    #[test]
    fn lookups_and_placeholders_are_no_secrets() {
        let text = "A = os.environ['OPENAI_API_KEY']\nB = 'sk-your-key-goes-here-please-123456'\nC = os.getenv('API_KEY', '')\n";
        assert!(values(&claimed(text), "secret").is_empty());
    }

    #[test]
    fn a_prompt_with_a_secret_in_it_is_not_suggested() {
        let text = format!("SYSTEM_PROMPT = 'Use the key sk-{KEY} always'\n");
        assert!(values(&claimed(&text), "prompt").is_empty());
    }
}
