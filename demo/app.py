import streamlit as st

st.title("Hello Docker!")
st.write("Ceci est une app Streamlit dans un conteneur Docker 🐳")
st.line_chart([1, 3, 2, 4, 5, 3])
